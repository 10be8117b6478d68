"""A server that speaks GitLab's jobs API."""

from __future__ import annotations

import io
import zipfile

from tests.loopback import Handler, Loopback

TOKEN = "glpat-reader"  # noqa: S105 - opens nothing


class Jobs(Loopback):
    """The artifacts of job 9 of the project team/project, which is private."""

    token = TOKEN

    def __init__(self, artifacts: bytes) -> None:
        self.artifacts = artifacts
        jobs = self

        class JobsHandler(Handler):
            def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
                known = self.path == "/api/v4/projects/team%2Fproject/jobs/9/artifacts"
                allowed = self.headers.get("PRIVATE-TOKEN") == TOKEN
                self.send_response(200 if known and allowed else 404)
                self.end_headers()
                self.wfile.write(jobs.artifacts if known and allowed else b"{}")

        super().__init__(JobsHandler)

    @property
    def address(self) -> str:
        """The address of the job."""
        return f"{self.endpoint}/team/project/-/jobs/9"


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
