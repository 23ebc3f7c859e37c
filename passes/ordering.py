"""Definitions before uses, after a rewrite has put what it made next to what it replaced."""

from __future__ import annotations

import networkx as nx
from xdsl.ir import Block, Operation


def sort_block(block: Block) -> None:
    """Put definitions before uses again, keeping the order otherwise (a stable topological sort)."""
    ops = list(block.ops)
    position = {op: i for i, op in enumerate(ops)}
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(ops)))
    for i, op in enumerate(ops):
        for inner in op.walk():
            for operand in inner.operands:
                owner = operand.owner
                if isinstance(owner, Operation) and owner in position and owner is not op:
                    graph.add_edge(position[owner], i)
    order = list(nx.lexicographical_topological_sort(graph))
    if order == list(range(len(ops))):
        return
    for op in ops:
        op.detach()
    block.add_ops([ops[i] for i in order])
