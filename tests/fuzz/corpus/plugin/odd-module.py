class Meta(type):
    @property
    def __module__(cls):
        raise GeneratorExit


class C(metaclass=Meta):
    pass
