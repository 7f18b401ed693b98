"""Text of files and libraries as it may be printed."""


def printable(text: str | bytes) -> str:
    """`text` without what a terminal would obey: names in files can hold anything, bytes that are no text too."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "?" for letter in text)
