from xdsl.passes import ModulePass


class Meta(type(ModulePass)):
    @property
    def name(cls):
        raise KeyboardInterrupt


class P(ModulePass, metaclass=Meta):
    def apply(self, ctx, op): ...
