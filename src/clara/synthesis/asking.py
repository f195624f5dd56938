"""Is a question fit to be asked? It stands alone, names its subject and does not tell its answer."""

from __future__ import annotations

import re

from clara.synthesis.language import is_unspaced
from clara.text import contains_answer, words

_DANGLING = re.compile(
    r"\b(?:it|he|she|they|him|them|this|these|those|here|former|latter|we|us|our|i|my|you|your)\b", re.IGNORECASE
)
# what looks like a pronoun and is none: US, Act I, a quoted title
_OWN_US = re.compile(r"[\"“][A-Z][^\"“”]* [^\"“”]*[\"”]|\bUS\b|\bI\b(?= [A-Z])|\b[A-Z]\w+ I\b|\bIT\b")
_DOCUMENT = re.compile(
    r"\b(?:(?:this|the|that|above|following|given|provided)"
    r" (?:document|passage|text|paragraph|excerpt|section|article|page"
    r"|slide|context|table)|according to the (?:author|text|passage|document))\b",
    re.IGNORECASE,
)
_CHINESE_DOCUMENT = re.compile(
    r"(?:[这這该該本此上下]|以上|以下)(?:一)?[篇段份个個张張章]?(?:文章|文档|文檔|文件|文本|段落|章节|章節|材料|资料|資料|报告中|報告中"
    r"|页面|頁面|页中|頁中|表格|图表|圖表|内容|內容|短文|文字|原文)"
    r"|[这這该該此]篇|本文|(?<![\u4e00-\u9fff])文中|原文|上文|下文|上述|据文|根据[文段上下以这该本]|根據[文段上下以這該本]|材料中|段落中|文章中"
)
_CHINESE_DANGLING = re.compile(
    r"它们?|它們?|(?<![其吉])[他她](?!人)|(?<![其吉])[他她][们們]|[这這](?![样樣么麼])|那[个個些位座家款次时時]|该(?!隐)|該|此(?![外前后後])|本(?=[公产產项項次书書])"
    r"|其(?![他它中实實余餘次])|我们?|我們?|你们?|你們?|您"
)
_CHINESE_FILLER = re.compile(
    r"请问|請問|关于|關於|对于|對於|根据|根據|在|当|當|是|对|對|从|從|为什么|為什麼|什么|什麼|谁|誰|哪|个|個|[，,：:“”\"\s]"
)
_CHINESE_ASKING = re.compile(
    r"请问|請問|什么|什麼|为何|為何|怎么|怎麼|怎样|怎樣|如何|多少|多长|多長|多大|多高|多久|几|幾|谁|誰|哪里|哪裡|哪些|哪|何时|何時|何地|何|是否"
    r"|[的是在有了于於和与與个個位年种種吗嗎呢名被由从從把到因为為中？?，,。]"
)
_FILE = re.compile(
    r"[\w-]+\.(?:pdf|docx?|pptx?|xlsx?|csv|html?|md|txt|jsonl?|png|jpe?g)(?![A-Za-z0-9])|(?<![\w./-])(?!\d{1,4}/\d{1,2}/\d{2,4}(?![\w/]))(?:[\w.-]+/){2,}|[A-Za-z]:\\|\\\\\w"
    r"|\bfile://|\bIMAGE_REF\b",
    re.IGNORECASE,
)
_BROKEN = re.compile(  # control characters, a font's private signs, '2002â 03' and 'Â£50' of text decoded twice
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]|\dâ|Â[£§°©®]"
)
_EMPTY_WORDS = {
    "what", "which", "does", "were", "have", "been", "many", "much", "long", "kind", "thing", "year", "place", "that",
    "with", "from", "into", "their",
}  # fmt: skip
_CHOICE = re.compile(r"\bor\b|\beither\b|还是|還是|或者?|哪一?[个個座位家条條种種]更", re.IGNORECASE)
_YES_NO = frozenset(("yes", "no", "是", "否", "不是", "是的"))
_MOST_CHARACTERS = 100  # of a question in a script without spaces


def refuse_question(question: str, answer: str, *, title: str, choice: bool = False) -> str | None:
    """The keyword of what is wrong with a question, None when it is good. `choice`: it may say "A or B"."""
    if _FILE.search(question) or _FILE.search(answer):
        return "file_path"
    if _BROKEN.search(question) or _BROKEN.search(answer):
        return "broken_characters"
    if _DOCUMENT.search(question) or _CHINESE_DOCUMENT.search(question):
        return "refers_to_document"
    if not _is_one_sentence(question):
        return "malformed_question"
    offered = answer.strip().casefold() in _YES_NO or (choice and _CHOICE.search(question))
    if not offered and contains_answer(question, answer):
        return "question_contains_answer"
    if not names_its_subject(question, title=title):
        return "dangling_subject"
    return None


def holds_file_path(text: str) -> bool:
    return _FILE.search(text) is not None


def speaks_of_a_document(text: str) -> bool:
    return bool(_DOCUMENT.search(text) or _CHINESE_DOCUMENT.search(text))


def _is_one_sentence(question: str) -> bool:
    if not question.rstrip().endswith(("?", "？")) or "\n" in question:
        return False
    if question.count("(") != question.count(")") or question.count("（") != question.count("）"):
        return False
    if question.count('"') % 2 or question.count("“") != question.count("”"):
        return False
    if is_unspaced(question):
        return 4 <= len(words(question)) <= _MOST_CHARACTERS
    return 3 <= len(question.split()) <= 40


def names_its_subject(question: str, *, title: str = "") -> bool:
    """Whether a reader without the text knows what is asked about.

    >>> names_its_subject("How much does it weigh?"), names_its_subject("How much does the Oru weigh?")
    (False, True)
    >>> names_its_subject("When was the company founded?"), names_its_subject("What is antigenic variation?")
    (False, True)
    >>> names_its_subject("该公司成立于哪一年？"), names_its_subject("清华大学成立于哪一年？")
    (False, True)
    """
    if is_unspaced(question):
        return _chinese_names_its_subject(question)
    if _DANGLING.search(_OWN_US.sub("", question)):
        return False
    if title and title.lower() in question.lower():
        return True
    if re.search(r"\s[\"“(]?(?:[A-ZÀ-Ý]|\S*\d)", question):
        return True
    if not question.isascii():
        return True  # other languages: left to the LLM's own care
    content = [word for word in words(question)[1:] if len(word) > 3 and word not in _EMPTY_WORDS]
    return bool(content) and (len(content) >= 4 or not re.search(r"\b(?:the|his|her|their|its)\b", question))


def _chinese_names_its_subject(question: str) -> bool:
    """A pronoun may only point back to something the question itself has named before."""
    for found in _CHINESE_DANGLING.finditer(question):
        if len(words(_CHINESE_FILLER.sub("", question[: found.start()]))) < 2:
            return False
    content = words(_CHINESE_ASKING.sub("", question))
    return len(content) >= 2 or any(len(word) > 1 for word in content)
