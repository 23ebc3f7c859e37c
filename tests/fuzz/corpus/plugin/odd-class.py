from xdsl.universe import Universe


class Liar:
    @property
    def __class__(self):
        raise SystemExit(7)


class Universal:
    __class__ = Universe


liar, universal = Liar(), Universal()
