"""Builds the book of docs/ and checks its links and anchors, and the links of the other pages of the
repository. Links to other hosts are not fetched.

MkDocs also loads this file as a hook: a link that leaves docs/ leads to a file of the repository, and
becomes a link to it on the web.
"""

import logging
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# `[text](path)`, but not a link to another host or within the page.
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)\s]+)\)")
# Code is not searched for links.
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)

log = logging.getLogger("mkdocs.hooks.book")


def links(text):
    """The paths of relative links, without anchors."""
    return [path.split("#")[0] for path in LINK.findall(CODE.sub("``", text))]


def on_pre_build(config):
    """Checks the links of the pages that are not part of the book."""
    for page in [*ROOT.glob("*.md"), *(ROOT / "examples").rglob("*.md")]:
        for path in links(page.read_text()):
            if not (page.parent / path).exists():
                log.warning("%s: no file for the link `%s`", page.relative_to(ROOT), path)


def on_page_markdown(markdown, page, config, files):
    """Replaces links to files outside docs/ with links to the repository on the web."""

    def replace(match):
        path, _, anchor = match[1].partition("#")
        file = (DOCS / page.file.src_uri).parent.joinpath(path).resolve()
        if not path.startswith("../") or DOCS in file.parents:
            return match[0]
        if not file.exists():
            log.warning("%s: no file for the link `%s`", page.file.src_uri, path)
        kind = "tree" if file.is_dir() else "blob"
        url = f"{config.repo_url.rstrip('/')}/{kind}/main/{file.relative_to(ROOT)}"
        return f"]({url}#{anchor})" if anchor else f"]({url})"

    return LINK.sub(replace, markdown)


def on_post_page(output, page, config):
    """Rejects scripts, styles and fonts from other hosts."""
    for tag in re.findall(r"<(?:script|img|link|iframe)\b[^>]*", output):
        if re.search(r"\b(?:src|href)=\"?(?:https?:)?//", tag):
            log.warning("%s: loads a file of another host: %s", page.file.src_uri, tag)
    return output


if __name__ == "__main__":
    # `--quiet` would also disable the warnings that make the build fail.
    sys.exit(subprocess.call([sys.executable, "-m", "mkdocs", "build"], cwd=ROOT))
