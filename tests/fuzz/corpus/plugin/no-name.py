from xdsl.passes import ModulePass


class P(ModulePass):
    def apply(self, ctx, op): ...
