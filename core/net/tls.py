"""TLS for all clients of the process: whom to trust, in one shared context (each costs 16 to 21 ms)."""

import functools
import os
import ssl

# By OpenSSL's codes (X509_V_ERR_…, openssl-verification-options).
_UNTRUSTED = "TLS certificate: of no known authority; SSL_CERT_FILE may name its own"
_CERTIFICATE_FAULTS = {
    9: "TLS certificate: not valid yet",
    10: "TLS certificate: expired",
    62: "TLS certificate: for another host name",
    64: "TLS certificate: for another address",
}


def authorities_file() -> str | None:
    """certifi's list; None (Python's own default) where SSL_CERT_FILE or SSL_CERT_DIR names another."""
    if "SSL_CERT_FILE" in os.environ or "SSL_CERT_DIR" in os.environ:
        return None
    import certifi

    return certifi.where()


@functools.cache
def tls_context() -> ssl.SSLContext:
    """A context that checks certificates and names."""
    return ssl.create_default_context(cafile=authorities_file())


def certificate_fault(error: BaseException | None) -> str | None:
    """What is wrong with the certificate, if it is one that a client's error comes from."""
    while error:
        if isinstance(error, ssl.SSLCertVerificationError):
            return _CERTIFICATE_FAULTS.get(error.verify_code, _UNTRUSTED)
        error = error.__cause__ or error.__context__
    return None


def unchecked_context() -> ssl.SSLContext:
    """Only to ask whether a server speaks TLS: nothing secret may be sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
