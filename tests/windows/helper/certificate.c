/* certificate.exe add|remove STORE FILE: puts a certificate (DER) into a store of the user or the
 * machine ("user/Root", "machine/My") as installers do, by crypt32; or takes it out again. */
#include <stdio.h>
#include <string.h>
/* clang-format off */
#include <windows.h>
#include <wincrypt.h>
/* clang-format on */

static int usage(void)
{
	fputs("usage: certificate add|remove user/STORE|machine/STORE FILE\n", stderr);
	return 2;
}

static HCERTSTORE store_of(const char *name)
{
	DWORD where = strncmp(name, "user/", 5) == 0 ? CERT_SYSTEM_STORE_CURRENT_USER
						     : CERT_SYSTEM_STORE_LOCAL_MACHINE;
	const char *slash = strchr(name, '/');

	return slash ? CertOpenStore(CERT_STORE_PROV_SYSTEM_REGISTRY_A, 0, 0, where, slash + 1)
		     : NULL;
}

int main(int argc, char **argv)
{
	static BYTE der[65536];
	PCCERT_CONTEXT one, there;
	HCERTSTORE store;
	size_t n;
	FILE *f;

	if (argc != 4)
		return usage();
	f = fopen(argv[3], "rb");
	store = store_of(argv[2]);
	if (!f || !store)
		return usage();
	n = fread(der, 1, sizeof der, f);
	fclose(f);
	one = CertCreateCertificateContext(X509_ASN_ENCODING, der, (DWORD)n);
	if (!one)
		return 1;
	if (strcmp(argv[1], "add") == 0)
		return !CertAddCertificateContextToStore(store, one, CERT_STORE_ADD_ALWAYS, NULL) ||
		       !CertCloseStore(store, 0);
	there = CertFindCertificateInStore(store, X509_ASN_ENCODING, 0, CERT_FIND_EXISTING, one,
		NULL);
	return !there || !CertDeleteCertificateFromStore(there) || !CertCloseStore(store, 0);
}
