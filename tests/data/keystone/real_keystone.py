"""A real Keystone: SQLite, Fernet tokens, and with an https URL a certificate of its own for loopback.

    real_keystone.py setup DIRECTORY URL      makes the database, the keys, the certificate and the user "admin"
    real_keystone.py certificate DIRECTORY    makes only the certificate
    real_keystone.py serve DIRECTORY URL LIFE serves there; tokens count for LIFE seconds
"""

import contextlib
import datetime
import ipaddress
import os
import socketserver
import ssl
import subprocess
import sys
import threading
import urllib.parse
import wsgiref.simple_server

CONF = """[DEFAULT]
use_stderr = true
[database]
connection = sqlite:///{directory}/keystone.db
[identity]
password_hash_rounds = 4
[token]
provider = fernet
expiration = {life}
[fernet_tokens]
key_repository = {directory}/fernet-keys
[credential]
key_repository = {directory}/credential-keys
[cache]
enabled = false
"""


def configure(directory, life):
    with open(f"{directory}/keystone.conf", "w") as conf:
        conf.write(CONF.format(directory=directory, life=life))


def certificate(directory):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "keystone of a test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    with open(f"{directory}/cert.pem", "wb") as out:
        out.write(made.public_bytes(serialization.Encoding.PEM))
    with open(f"{directory}/key.pem", "wb") as out:
        out.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def setup(directory, url):
    for keys in ("fernet-keys", "credential-keys"):
        os.makedirs(f"{directory}/{keys}", mode=0o700)
    configure(directory, 3600)
    certificate(directory)
    manage = os.path.join(os.path.dirname(sys.executable), "keystone-manage")
    for command in (
        ["db_sync"],
        ["fernet_setup", "--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid())],
        ["bootstrap", "--bootstrap-password", "secret", "--bootstrap-region-id", "RegionOne"]
        + [f"--bootstrap-{interface}-url={url}/v3" for interface in ("admin", "public", "internal")],
    ):
        subprocess.run([manage, "--config-file", f"{directory}/keystone.conf", *command], check=True)


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    def address_string(self):
        return self.client_address[0]


def one_writer_at_a_time(application):
    """SQLite refuses a second one whose transaction has read before."""
    writing = threading.Lock()

    def serve_one(environ, start_response):
        with contextlib.nullcontext() if environ["REQUEST_METHOD"] in ("GET", "HEAD") else writing:
            return application(environ, start_response)

    return serve_one


def serve(directory, url, life):
    configure(directory, life)
    os.environ["OS_KEYSTONE_CONFIG_DIR"] = directory
    sys.argv = sys.argv[:1]
    from keystone.wsgi.api import application

    place = urllib.parse.urlsplit(url)
    server = Server((place.hostname, place.port), Handler)
    if place.scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{directory}/cert.pem", f"{directory}/key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.set_app(one_writer_at_a_time(application))
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    {"setup": setup, "serve": serve, "certificate": certificate}[sys.argv[1]](*sys.argv[2:])
