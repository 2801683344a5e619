#include "os/sign.h"

#include <openssl/evp.h>

#include "os/random.h"

static int refused(const char *what, struct err *e)
{
	return err_set(e, ERR_SYSTEM, "cannot %s: the cryptographic library refused", what);
}

int sign_make_key(uint8_t ret[SIGN_KEY_BYTES], struct err *e)
{
	return random_bytes(ret, SIGN_KEY_BYTES, e); /* RFC 8032 §5.1.5 */
}

static EVP_PKEY *private_of(const uint8_t *bytes)
{
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, bytes, SIGN_KEY_BYTES);
}

int sign_public_key(const uint8_t private_key[SIGN_KEY_BYTES], uint8_t ret[SIGN_KEY_BYTES],
	struct err *e)
{
	EVP_PKEY *key = private_of(private_key);
	size_t n = SIGN_KEY_BYTES;
	bool ok = key && EVP_PKEY_get_raw_public_key(key, ret, &n) == 1 && n == SIGN_KEY_BYTES;

	EVP_PKEY_free(key);
	return ok ? 0 : refused("use the signing key", e);
}

int sign_message(const uint8_t private_key[SIGN_KEY_BYTES], struct span message,
	uint8_t ret[SIGN_BYTES], struct err *e)
{
	EVP_PKEY *key = private_of(private_key);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t n = SIGN_BYTES;
	bool ok = key && c && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1 &&
		  EVP_DigestSign(c, ret, &n, (const unsigned char *)message.p, message.n) == 1 &&
		  n == SIGN_BYTES;

	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
	return ok ? 0 : refused("sign", e);
}

bool sign_holds(const uint8_t public_key[SIGN_KEY_BYTES], struct span message,
	const uint8_t signature[SIGN_BYTES])
{
	EVP_PKEY *key =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, SIGN_KEY_BYTES);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool yes = key && c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, key) == 1 &&
		   EVP_DigestVerify(c, signature, SIGN_BYTES, (const unsigned char *)message.p,
			   message.n) == 1;

	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
	return yes;
}

void sign_forget(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}
