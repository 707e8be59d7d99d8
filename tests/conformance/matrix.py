"""The results as a table in Markdown: scenarios x languages x backends."""

SIGNS = {None: "·", "": "+"}


def distinct(cells, part):
    return list(dict.fromkeys(key[part] for key in cells))


def table(cells):
    """cells: of (scenario, language, backend) '', why not, or None where it does not apply."""
    names, languages, backends = (distinct(cells, part) for part in range(3))
    lines = [["scenario", *languages], ["---"] * (1 + len(languages))]
    for name in names:
        signs = ["".join(SIGNS.get(cells.get((name, language, backend)), "X") for backend in backends)
                 for language in languages]
        lines.append([name, *signs])
    counts = [str(sum(why == "" for (_, its, _), why in cells.items() if its == language))
              for language in languages]
    lines.append(["passed", *counts])
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    legend = f"A sign for each of {', '.join(backends)}: + passed, X failed, · does not apply."
    return f"{rows}\n\n{legend}"
