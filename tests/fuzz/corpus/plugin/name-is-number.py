from xdsl.passes import ModulePass


class P(ModulePass):
    name = 3

    def apply(self, ctx, op): ...
