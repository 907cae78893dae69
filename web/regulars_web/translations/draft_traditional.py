"""Draft the Traditional Chinese catalogue from the Simplified one; run by `make translations`.

Letters by OpenCC (`s2tw`), words by our own list beside this file (`traditional_words.tsv`): a shop
in Taipei or Hong Kong says 資料, 檔案 and 匯入 where one in Hangzhou says 数据, 文件 and 导入.

Every sentence is drafted anew each time, so that a better list betters all of them. To say one
sentence otherwise, write it in zh_Hant/LC_MESSAGES/messages.po with a comment `# by hand` above
it: it is left as it is, and the comment then keeps the Simplified sentence that it stands beside.
When that sentence changes, this script asks for another look.
"""  # noqa: INP001 -- a script beside the catalogues, which are no package

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent
BY_HAND = "by hand"
BESIDE = f"{BY_HAND}, beside: "


def main() -> None:
    """Draft, and tell which sentences by hand want another look."""
    simplified, traditional = _read("zh_Hans"), _read("zh_Hant")
    outdated = list(draft(simplified, traditional, build_converter()))
    with _path("zh_Hant").open("wb") as file:
        write_po(file, traditional, width=0, sort_output=True, ignore_obsolete=True)
    for sentence in outdated:
        sys.stderr.write(f"Look again at this sentence by hand in zh_Hant: {sentence}\n")


def draft(
    simplified: Catalog, traditional: Catalog, convert: Callable[[str], str]
) -> Iterator[str]:
    """Fill `traditional` in place; yields the ids of sentences by hand that are outdated."""
    for message in traditional:
        beside = simplified.get(message.id, message.context) if message.id else None
        if beside is None:
            continue
        if _is_by_hand(message):
            if not _stands_beside(message, beside):
                yield str(message.id)
        else:
            drafts = tuple(convert(form) for form in _forms(beside))
            message.string = drafts if isinstance(message.id, tuple | list) else drafts[0]


def _forms(message: Message) -> tuple[str, ...]:
    """What it says: Chinese has one form, kept in a tuple where English has a plural."""
    said = message.string or ""
    return (said,) if isinstance(said, str) else tuple(said)


def _is_by_hand(message: Message) -> bool:
    return any(comment.startswith(BY_HAND) for comment in message.user_comments)


def _stands_beside(message: Message, simplified: Message) -> bool:
    """Whether it was written beside this very sentence; one just written is marked so now."""
    said = " ".join(_forms(simplified)[0].split())
    marks = [comment for comment in message.user_comments if comment.startswith(BY_HAND)]
    if marks == [BY_HAND]:
        message.user_comments = [BESIDE + said]
        return True
    return marks == [BESIDE + said]


def build_converter() -> Callable[[str], str]:
    """Simplified to Traditional: words of the list first, the longest that fits; OpenCC between."""
    from opencc import OpenCC

    words = dict(read_words())
    known = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))
    letters = OpenCC("s2tw")

    def convert(text: str) -> str:
        said, end = "", 0
        for match in known.finditer(text):
            said += str(letters.convert(text[end : match.start()])) + words[match.group()]
            end = match.end()
        return said + str(letters.convert(text[end:]))

    return convert


def read_words() -> Iterator[tuple[str, str]]:
    """The list: one pair a line, a tab between; lines that begin with # explain."""
    for line in (HERE / "traditional_words.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            simplified, traditional = line.split("\t")
            yield simplified, traditional


def _path(locale: str) -> Path:
    return HERE / locale / "LC_MESSAGES" / "messages.po"


def _read(locale: str) -> Catalog:
    with _path(locale).open("rb") as file:
        return read_po(file, locale=locale)


if __name__ == "__main__":
    main()
