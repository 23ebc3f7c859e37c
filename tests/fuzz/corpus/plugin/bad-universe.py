from xdsl.universe import Universe

u = Universe(all_passes={"p": 3})
