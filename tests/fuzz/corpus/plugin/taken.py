from xdsl.passes import ModulePass


class P(ModulePass):
    name = "einsum-cse"

    def apply(self, ctx, op): ...
