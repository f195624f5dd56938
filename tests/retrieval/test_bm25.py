from clara.retrieval.bm25 import LexicalIndex
from clara.schema import Passage


def passages(*texts: str) -> list[Passage]:
    return [Passage(id=str(i), document="d", page=1, start=0, end=9, text=text) for i, text in enumerate(texts)]


def test_the_passage_with_the_rare_words_comes_first() -> None:
    index = LexicalIndex(passages("the blue kettle", "the red kettle", "the red chair", "水壶是蓝色的"))
    found = index.search(["Which kettle is red?", "蓝色", "zebra"], num_documents=2)
    assert found[0][0].passage.id == "1"
    assert found[1][0].passage.id == "3"
    assert [(hit.passage.id, hit.score) for hit in found[2]] == [("0", 0.0), ("1", 0.0)]
    assert found[0][0].score > found[0][1].score


def test_nothing_to_search() -> None:
    assert LexicalIndex([]).search(["kettle"], num_documents=3) == [[]]
