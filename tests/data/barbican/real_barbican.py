"""A real Barbican: SQLite, secrets sealed with a key in its configuration, tokens of another identity service.

    real_barbican.py DIRECTORY PORT AUTH_URL USER PASSWORD PROJECT    serves there; that user validates tokens
"""

import base64
import os
import socketserver
import sys
import wsgiref.simple_server

CONF = """[DEFAULT]
use_stderr = true
host_href = http://127.0.0.1:{port}
db_auto_create = true
[database]
connection = sqlite:///{directory}/barbican.db
[simple_crypto_plugin]
kek = {kek}
[keystone_authtoken]
auth_type = password
auth_url = {auth_url}
www_authenticate_uri = {auth_url}
username = {user}
password = {password}
project_name = {project}
user_domain_name = Default
project_domain_name = Default
"""


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    def address_string(self):
        return self.client_address[0]


def serve(directory, port, auth_url, user, password, project):
    kek = base64.b64encode(os.urandom(32)).decode()
    with open(f"{directory}/barbican.conf", "w") as conf:
        conf.write(CONF.format(**locals()))
    # Each part of Barbican looks for the file by itself.
    os.environ["HOME"] = directory
    from barbican.common import config
    from paste import deploy

    config.parse_args(config.CONF, [])
    paste = f"config:{sys.prefix}/etc/barbican/barbican-api-paste.ini"
    server = Server(("127.0.0.1", int(port)), Handler)
    server.set_app(deploy.loadapp(paste, name="main"))
    server.serve_forever()


if __name__ == "__main__":
    serve(*sys.argv[1:])
