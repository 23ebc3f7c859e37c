einsum.operator @f(%x) = %x %x%퟿𝔘
@"