// RUN: einfold-opt %s --print-debuginfo | filecheck %s

// Operations know where they were read, unless the text says otherwise; the place is that of the operation's name.

%x = "test.op"() : () -> i32
"test.op"(%x) ({
  "test.termop"() : () -> () loc("elsewhere":7:9)
}) : (i32) -> ()

// CHECK: "test.op"() : () -> i32 loc("{{.*}}locations.mlir":5:6)
// CHECK: "test.termop"() : () -> () loc("elsewhere":7:9)
// CHECK: }) : (i32) -> () loc("{{.*}}locations.mlir":6:1)
