"""AWS's token service, as far as GitLab's identity tokens need it.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

from urllib.parse import parse_qs

from tests.loopback import Handler, Loopback
from tools.s3 import Server

ROLE = "arn:aws:iam::123456789012:role/models"
TOKEN = "signed-by-gitlab"  # noqa: S105 - opens nothing
ANSWER = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>
<SessionToken>session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""


class TokenService(Loopback):
    """Gives the keys of a server that may write for the right role and identity token."""

    def __init__(self, server: Server) -> None:
        class TokenHandler(Handler):
            def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                known = {"RoleArn": [ROLE], "WebIdentityToken": [TOKEN]}
                status = 200 if known.items() <= form.items() else 403
                body = ANSWER.format(key=server.key, secret=server.secret) if status == 200 else ""
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.end_headers()
                self.wfile.write(body.encode())

        super().__init__(TokenHandler)
