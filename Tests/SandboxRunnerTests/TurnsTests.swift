import SandboxRunner
import Testing

@Suite struct TurnsTests {
    @Test func `A turn alone begins when the others have ended, and keeps new ones waiting`() async throws {
        let turns = Turns(slots: 3)
        let first = try #require(await turns.take())
        let second = try #require(await turns.take())
        #expect(turns.hadCompany(first) && turns.hadCompany(second))
        async let alone = turns.wait(alone: first)
        turns.give(second)
        #expect(await alone)
        async let third = turns.take()
        #expect(turns.hadCompany(first))
        turns.endAlone()
        turns.give(first)
        let last = try #require(await third)
        turns.give(last)
        let lonely = try #require(await turns.take())
        #expect(!turns.hadCompany(lonely))
    }

    @Test func `Two that want to be alone go one after the other`() async throws {
        let turns = Turns(slots: 2)
        let both = [try #require(await turns.take()), try #require(await turns.take())]
        await withTaskGroup(of: Bool.self) { group in
            for turn in both {
                group.addTask {
                    let granted = await turns.wait(alone: turn)
                    turns.endAlone()
                    turns.give(turn)
                    return granted
                }
            }
            for await granted in group { #expect(granted) }
        }
    }

    @Test func `Closing ends all waiting`() async throws {
        let turns = Turns(slots: 1)
        let turn = try #require(await turns.take())
        async let waiting = turns.take()
        turns.close()
        #expect(await waiting == nil)
        #expect(await !turns.wait(alone: turn))
        #expect(await turns.take() == nil)
    }
}
