import Telemetry
import Testing

struct TableTests {
    private var table: Table {
        var table = Table(columns: ["held-out", "before", "after"])
        table.addRow(["pass@1, greedy", "41.2 %", "83.0 %"])
        table.addRow(["a|b", "1", "2"])
        return table
    }

    @Test func markdownIsPaddedAndEscaped() {
        #expect(
            table.markdown == """
                | held-out       | before |  after |
                |----------------|-------:|-------:|
                | pass@1, greedy | 41.2 % | 83.0 % |
                | a\\|b           |      1 |      2 |

                """
        )
    }

    @Test func plainTextIsAligned() {
        #expect(
            table.plain == """
                held-out        before   after
                ──────────────  ──────  ──────
                pass@1, greedy  41.2 %  83.0 %
                a|b                  1       2

                """
        )
    }
}
