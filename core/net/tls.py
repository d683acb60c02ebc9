"""TLS for all clients of the process: whom to trust, in one shared context (each costs 16 to 21 ms)."""

import functools
import os
import ssl


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


def is_certificate_fault(error: BaseException | None) -> bool:
    """Whether a certificate that is not accepted is what a client's error comes from."""
    while error and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
