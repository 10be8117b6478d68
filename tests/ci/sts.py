"""AWS's token service, as far as GitLab's identity tokens need it.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import http.server
import threading
from urllib.parse import parse_qs

from tests.s3 import HOST, Server

ROLE = "arn:aws:iam::123456789012:role/models"
TOKEN = "signed-by-gitlab"  # noqa: S105 - opens nothing
ANSWER = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>
<SessionToken>session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""


class TokenService:
    """Gives the keys of a server that may write for the right role and identity token."""

    def __init__(self, server: Server) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                known = {"RoleArn": [ROLE], "WebIdentityToken": [TOKEN]}
                status = 200 if known.items() <= form.items() else 403
                body = ANSWER.format(key=server.key, secret=server.secret) if status == 200 else ""
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
        self.endpoint = f"http://{HOST}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
