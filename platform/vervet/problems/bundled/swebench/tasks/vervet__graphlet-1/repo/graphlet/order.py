"""Orders in which everything comes after what it needs."""


def order(needs):
    """The names of `needs`, each after those that it needs; else in their own order."""
    done = []

    def visit(name):
        if name in done:
            return
        for needed in needs[name]:
            visit(needed)
        done.append(name)

    for name in needs:
        visit(name)
    return done
