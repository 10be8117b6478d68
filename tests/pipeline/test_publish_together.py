"""Publishing with others: one server, several clones, one of them faster."""

import pytest

from tests.clone import Clone
from tests.pipeline.storage import APPLY, OUTSIDE_CI, PUBLISH, Remote, pass_gate


@pytest.fixture
def shared(remote: Remote) -> Remote:
    """Return a remote whose clone has pushed to a bare repository."""
    remote.share()
    return remote


def on_server(clone: Clone) -> dict[str, str]:
    """Return the branches and tags of the server."""
    lines = clone.succeed("git", "ls-remote", "origin").splitlines()
    return {name: commit for commit, name in (line.split("\t") for line in lines)}


def new_data(clone: Clone, content: str) -> None:
    """Commit new data; its commit is on nobody else's branch yet."""
    clone.write("data/raw/extra.txt", content)
    clone.succeed("dvc", "add", "--quiet", "data/raw/extra.txt")
    clone.commit(content)
    pass_gate(clone)


def ready(remote: Remote, name: str) -> Clone:
    """Return a colleague's clone that could be published."""
    remote.clone.succeed("dvc", "push", "--quiet")
    clone = remote.colleague(name)
    clone.succeed("dvc", "pull", "--quiet")
    pass_gate(clone)
    return clone


def refused(clone: Clone, *reasons: str) -> None:
    """Publish, and see that it changes nothing on the server and leaves no tag here."""
    before = on_server(clone), clone.succeed("git", "tag")
    ran = clone.run(*PUBLISH)
    assert ran.returncode == 1, ran.stdout
    for reason in reasons:
        assert reason in ran.stderr
    assert "Traceback" not in ran.stderr
    assert on_server(clone) == before[0]


def test_tag_and_commit_reach_the_server_together(shared: Remote) -> None:
    clone = shared.clone
    new_data(clone, "one")
    clone.succeed(*PUBLISH)
    head = clone.succeed("git", "rev-parse", "HEAD").strip()
    now = on_server(clone)
    assert (now["refs/heads/main"], now["refs/tags/model-v1.0.0^{}"]) == (head, head)
    shared.colleague("reader").succeed("dvc", "pull", "--quiet")


def test_without_a_git_remote_the_tag_is_local_and_it_says_so(remote: Remote) -> None:
    assert "There is no git remote: the tag will be in this clone only" in remote.clone.succeed(
        *PUBLISH
    )
    assert remote.tags() == ["model-v1.0.0"]


def test_a_version_that_only_the_server_knows_is_not_given_twice(shared: Remote) -> None:
    late = ready(shared, "late")
    new_data(shared.clone, "one")
    shared.clone.succeed(*PUBLISH)
    refused(late, "the branch main has moved on", "make merge FROM=origin/main")
    late.succeed("git", "pull", "--quiet", "--ff-only", "--no-tags")
    late.succeed("dvc", "pull", "--quiet")
    new_data(late, "two")
    assert "model-v1.1.0: " in late.succeed(*PUBLISH)


def test_two_clones_that_publish_at_once(shared: Remote) -> None:
    clones = [ready(shared, name) for name in ("first", "second")]
    for clone in clones:
        new_data(clone, f"of {clone.folder.name}")
    started = [clone.start(*PUBLISH) for clone in clones]
    ended = [process.wait(timeout=200) for process in started]
    assert sorted(ended) == [0, 1]
    winner, loser = clones[ended.index(0)], clones[ended.index(1)]
    head = winner.succeed("git", "rev-parse", "HEAD").strip()
    now = on_server(winner)
    assert (now["refs/heads/main"], now["refs/tags/model-v1.0.0^{}"]) == (head, head)
    loser.succeed("git", "pull", "--quiet", "--rebase", "-X", "theirs")
    loser.succeed("dvc", "checkout", "--quiet")
    pass_gate(loser)
    loser.succeed(*PUBLISH)
    assert "refs/tags/model-v1.1.0" in on_server(loser)


@pytest.mark.parametrize(
    "rejected", ["refs/heads/main", pytest.param("refs/tags/", marks=pytest.mark.long)]
)
def test_a_server_that_takes_only_one_of_both_gets_none(shared: Remote, rejected: str) -> None:
    hook = shared.elsewhere / "shared.git/hooks/update"
    hook.write_text(f'#!/bin/sh\ncase "$1" in {rejected}*) exit 1;; esac\n', encoding="utf-8")
    hook.chmod(0o755)
    new_data(shared.clone, "one")
    refused(shared.clone, "does not take model-v1.0.0 with main", "Nothing was tagged")
    assert shared.tags() == []
    hook.unlink()
    shared.clone.succeed(*PUBLISH)
    assert "refs/tags/model-v1.0.0" in on_server(shared.clone)


def test_a_server_that_does_not_answer_stops_it(shared: Remote) -> None:
    (shared.elsewhere / "shared.git").rename(shared.elsewhere / "away.git")
    ran = shared.clone.run(*PUBLISH)
    assert ran.returncode == 1
    assert "cannot be known without the server" in ran.stderr
    assert (shared.tags(), shared.server.objects()) == ([], [])


def test_a_detached_head_is_published_as_its_branch_only(shared: Remote) -> None:
    clone = shared.clone
    clone.succeed("git", "checkout", "--quiet", "--detach")
    refused(clone, "HEAD is detached, expected a branch")
    clone.succeed(*PUBLISH, "--branch", "main")
    assert "refs/tags/model-v1.0.0" in on_server(clone)


def test_new_data_is_a_new_release_where_dvc_lock_looks_the_same(shared: Remote) -> None:
    shared.clone.succeed(*PUBLISH)
    assert "already names" in shared.clone.succeed(*PUBLISH)
    lock = shared.clone.read("dvc.lock")
    new_data(shared.clone, "one")
    assert shared.clone.read("dvc.lock") == lock
    assert "model-v1.1.0: " in shared.clone.succeed(*PUBLISH)


def test_the_message_tells_of_the_commit_not_of_the_work_tree(shared: Remote) -> None:
    clone = shared.clone
    clone.succeed("git", "update-index", "--assume-unchanged", "metrics/metrics.json")
    right = clone.read("metrics/metrics.json")
    clone.write("metrics/metrics.json", right.replace('"roc_auc": 0.9', '"roc_auc": 0.8'))
    pass_gate(clone)  # for what lies here, which git takes for unchanged
    refused(clone, "dvc.lock does not match the work tree: metrics/metrics.json: modified")
    clone.write("metrics/metrics.json", right)
    pass_gate(clone)
    clone.succeed(*PUBLISH)
    text = clone.succeed("git", "for-each-ref", "--format=%(contents)", "refs/tags/model-v1.0.0")
    assert "0.994" in text


def test_what_was_cleaned_between_push_and_tag_is_there_again(shared: Remote) -> None:
    clone = shared.clone
    new_data(clone, "one")
    clone.succeed("dvc", "push", "--quiet")
    shared.age(days=100)
    colleague = shared.colleague("colleague")
    hook = shared.elsewhere / "shared.git/hooks/pre-receive"  # after the proof, before the tag
    hook.write_text(
        f"#!/bin/sh\nunset GIT_QUARANTINE_PATH $(git rev-parse --local-env-vars)\n"
        f"cd {colleague.folder} && "
        f"CI= {' '.join(APPLY)} >{shared.elsewhere}/cleaned 2>&1\n", encoding="utf-8",
    )  # fmt: skip
    hook.chmod(0o755)
    clone.succeed(*PUBLISH)
    assert "Deleted 1 objects" in (shared.elsewhere / "cleaned").read_text(encoding="utf-8")
    hook.unlink()
    shared.server.restart()
    shared.colleague("reader").succeed("dvc", "pull", "--quiet")
    assert "nothing to delete" in colleague.succeed(*APPLY, **OUTSIDE_CI)
