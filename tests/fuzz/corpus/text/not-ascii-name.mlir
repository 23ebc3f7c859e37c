accel.machine @"größe" clock 1 word 2 source "45 nm, ±10 µm; 𝔘" {
  accel.memory @dram offchip bandwidth 1 source "§ \C3\A9"
  accel.memory @"büffer" capacity 262144 source "é"
  accel.array @pe [32, 32] ops {mac = 1} source "¹"
}
