/* By libgcrypt: Windows has Ed25519 in no version that we run on. */
#include "os/sign.h"

#include <gcrypt.h>
#include <windows.h>

#include "core/attr.h"
#include "os/random.h"

static int refused(const char *what, struct err *e)
{
	return err_set(e, ERR_SYSTEM, "cannot %s: the cryptographic library refused", what);
}

static bool ready(void)
{
	static bool done;

	if (done)
		return true;
	if (!gcry_check_version(NULL))
		return false;
	gcry_control(GCRYCTL_DISABLE_SECMEM, 0); /* there is none to lock on Windows */
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	return done = true;
}

int sign_make_key(uint8_t ret[SIGN_KEY_BYTES], struct err *e)
{
	return random_bytes(ret, SIGN_KEY_BYTES, e); /* RFC 8032 §5.1.5 */
}

/* The bytes behind a name in an expression, exactly n. */
static bool take(gcry_sexp_t from, const char *name, uint8_t *ret, size_t n)
{
	gcry_sexp_t part = from ? gcry_sexp_find_token(from, name, 0) : NULL;
	size_t got = 0;
	const char *p = part ? gcry_sexp_nth_data(part, 1, &got) : NULL;
	bool ok = p && got == n;

	if (ok)
		memcpy(ret, p, n);
	gcry_sexp_release(part);
	return ok;
}

int sign_public_key(const uint8_t private_key[SIGN_KEY_BYTES], uint8_t ret[SIGN_KEY_BYTES],
	struct err *e)
{
	gcry_sexp_t key = NULL;
	gcry_ctx_t ctx = NULL;
	gcry_mpi_t q = NULL;
	unsigned char *bytes = NULL;
	unsigned bits = 0;
	bool ok = ready() &&
		  gcry_sexp_build(&key, NULL,
			  "(private-key (ecc (curve Ed25519) (flags eddsa) (d %b)))",
			  SIGN_KEY_BYTES, private_key) == 0 &&
		  gcry_mpi_ec_new(&ctx, key, NULL) == 0 &&
		  (q = gcry_mpi_ec_get_mpi("q@eddsa", ctx, 0)) != NULL;

	bytes = ok ? gcry_mpi_get_opaque(q, &bits) : NULL;
	ok = ok && bytes && bits == SIGN_KEY_BYTES * 8;
	if (ok)
		memcpy(ret, bytes, SIGN_KEY_BYTES);
	gcry_mpi_release(q);
	gcry_ctx_release(ctx);
	gcry_sexp_release(key);
	return ok ? 0 : refused("use the signing key", e);
}

static bool message_of(gcry_sexp_t *ret, struct span message)
{
	return message.n <= INT32_MAX &&
	       gcry_sexp_build(ret, NULL, "(data (flags eddsa) (hash-algo sha512) (value %b))",
		       (int)message.n, message.n ? message.p : "") == 0;
}

int sign_message(const uint8_t private_key[SIGN_KEY_BYTES], struct span message,
	uint8_t ret[SIGN_BYTES], struct err *e)
{
	gcry_sexp_t key = NULL, data = NULL, sig = NULL;
	uint8_t public_key[SIGN_KEY_BYTES];
	bool ok;

	if (sign_public_key(private_key, public_key, e) < 0)
		return e->code;
	ok = gcry_sexp_build(&key, NULL,
		     "(private-key (ecc (curve Ed25519) (flags eddsa) (q %b) (d %b)))",
		     SIGN_KEY_BYTES, public_key, SIGN_KEY_BYTES, private_key) == 0 &&
	     message_of(&data, message) && gcry_pk_sign(&sig, data, key) == 0 &&
	     take(sig, "r", ret, SIGN_BYTES / 2) &&
	     take(sig, "s", ret + SIGN_BYTES / 2, SIGN_BYTES / 2);
	gcry_sexp_release(sig);
	gcry_sexp_release(data);
	gcry_sexp_release(key);
	return ok ? 0 : refused("sign", e);
}

bool sign_holds(const uint8_t public_key[SIGN_KEY_BYTES], struct span message,
	const uint8_t signature[SIGN_BYTES])
{
	gcry_sexp_t key = NULL, data = NULL, sig = NULL;
	bool yes = ready() &&
		   gcry_sexp_build(&key, NULL,
			   "(public-key (ecc (curve Ed25519) (flags eddsa) (q %b)))",
			   SIGN_KEY_BYTES, public_key) == 0 &&
		   message_of(&data, message) &&
		   gcry_sexp_build(&sig, NULL, "(sig-val (eddsa (r %b) (s %b)))", SIGN_BYTES / 2,
			   signature, SIGN_BYTES / 2, signature + SIGN_BYTES / 2) == 0 &&
		   gcry_pk_verify(sig, data, key) == 0;

	gcry_sexp_release(sig);
	gcry_sexp_release(data);
	gcry_sexp_release(key);
	return yes;
}

void sign_forget(void *p, size_t n)
{
	SecureZeroMemory(p, n);
}
