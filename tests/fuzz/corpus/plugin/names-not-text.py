from xdsl.universe import Universe

u = Universe(all_passes={None: print, ("a", "b"): print}, all_dialects={"": print, "<script>": print}, all_targets=3)
