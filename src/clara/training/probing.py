"""How good is the model now: exact match by real generation, and recall from true positives, on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from clara.modeling import ClaraModel
from clara.text import normalize_answer
from clara.training.rows import Probe


def measure(
    model: ClaraModel, probes: Sequence[Probe], *, retrieve: bool, max_new_tokens: int = 32
) -> dict[str, float]:
    """Metrics over held-out questions, each with the number of questions it is over.

    retrieve: a question is answered from the num_documents passages the query reasoner chooses among the probe's, else
    from all of them.
    """
    if not probes:
        return {}
    texts = list(dict.fromkeys(text for probe in probes for text in probe.passages))
    place = {text: row for row, text in enumerate(texts)}
    memory = model.compress(texts)
    given = []
    metrics: dict[str, float] = {}
    if retrieve:
        queries = model.encode_query([probe.question for probe in probes])
        recall, counted, chosen_positive = {1: 0.0, 5: 0.0}, 0, 0
        for probe, query in zip(probes, queries, strict=True):
            candidates = memory[torch.tensor([place[text] for text in probe.passages])]
            order = model.score_passages(query[None], candidates[None])[0].argsort(descending=True).tolist()
            given.append(candidates[torch.tensor(order[: model.config.num_documents])])
            if probe.positives:
                counted += 1
                for k in recall:
                    recall[k] += len(set(order[:k]) & set(probe.positives)) / len(probe.positives)
                chosen_positive += order[0] in probe.positives
        if counted:
            metrics |= {f"recall_at_{k}": value / counted for k, value in recall.items()}
            metrics |= {"first_is_positive": chosen_positive / counted}
        metrics["num_recall_rows"] = counted
        metrics["num_rows_without_positives"] = len(probes) - counted
    else:
        given = [memory[torch.tensor([place[text] for text in probe.passages])] for probe in probes]
    answers = model.generate([probe.question for probe in probes], given, max_new_tokens=max_new_tokens)
    hits = [
        normalize_answer(answer) == normalize_answer(probe.answer)
        for answer, probe in zip(answers, probes, strict=True)
    ]
    return {"exact_match": sum(hits) / len(hits), "num_questions": len(hits), **metrics}
