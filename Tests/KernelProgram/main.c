// Compares every kernel that this CPU runs with its portable twin, outside Swift: for CPUs that an emulator stands in
// for.
//
//   kernels [NAME...]   fails unless exactly the kernels named (portable, neon, dotprod, ...) ran; without names, runs
//                       what there is
#include <stdio.h>
#include <string.h>

#include "check.h"

int main(int count, char **names) {
    int ran = 0;
    for (int level = TUTTI_PORTABLE; level <= TUTTI_WIDEST; level++) {
        tutti_isa isa = (tutti_isa)level;
        if (tutti_set_isa(isa) != isa) continue;
        check_linear(isa);
        check_bfloat16(isa);
        check_attention(isa);
        check_elementwise(isa);
        check_quantizing(isa);
        ran++;
        int expected = count == 1;
        for (int i = 1; i < count; i++) expected |= !strcmp(names[i], tutti_isa_name(isa));
        compare(!expected, 0, "%s ran, which nobody expected here", tutti_isa_name(isa));
    }
    if (count > 1) compare(ran != count - 1, 0, "%d kinds of kernels ran, not %d", ran, count - 1);
    tutti_set_isa(TUTTI_WIDEST);
    print_digests();
    printf("%d failures\n", failures());
    return failures() > 0;
}
