import Determinism
import Dispatching
import Programs
import Protocol
import Testing

struct ExecutorCoreTests {
    private func lease(_ id: UInt64) -> WireEnvelope.OneOf_Body {
        let job = ExecutionJob(id: "", language: .python, program: "\(id)", tests: [])
        var lease = WireExecutionLease()
        lease.leaseID = id
        lease.request = WireExecutionRequest(job: job, digest: jobDigest(job).bytes, priority: 0)
        return .executionLease(lease)
    }

    private func renewed(_ effects: [ExecutorCore.Effect]) -> [UInt64] {
        effects.flatMap { effect -> [UInt64] in
            if case .send(.leaseRenewal(let renewal)) = effect { renewal.leaseIds } else { [] }
        }
    }

    @Test func whatWaitsBehindHungJobsIsGivenUpWithThem() {
        var core = ExecutorCore(name: "e", slots: 1, toolChains: ["python": "3"])
        _ = core.receive(lease(1), now: 0)
        _ = core.receive(lease(2), now: 0)
        #expect(renewed(core.beat(now: 1)) == [1, 2])
        // Thirty seconds, three times the compiler's ten, and two of the wall clock's limits.
        #expect(renewed(core.beat(now: 1000)) == [])
    }

    @Test func aLeaseThatIsAcknowledgedBeforeItsResultIsStoppedAndReported() {
        var core = ExecutorCore(name: "e", slots: 1, toolChains: ["python": "3"])
        _ = core.receive(lease(1), now: 0)
        _ = core.receive(lease(2), now: 0)
        func acknowledge(_ id: UInt64) -> [ExecutorCore.Effect] {
            var ack = WireExecutionAck()
            ack.leaseID = id
            return core.receive(.executionAck(ack), now: 1)
        }
        guard case .send(.executionResult(let result))? = acknowledge(2).first else {
            Issue.record("the lease that waited was not handed back")
            return
        }
        #expect(result.leaseID == 2 && result.verdict.outcome == "infrastructure_failure")
        guard case .cancel(lease: 1)? = acknowledge(1).first else {
            Issue.record("the lease that ran was not stopped")
            return
        }
        #expect(core.finished(1, WireVerdict(Verdict(outcome: .accepted)), now: 2).count == 1)
        _ = acknowledge(1)
        #expect(core.footprint == 1)
        _ = acknowledge(2)
        #expect(core.footprint == 0)
    }

    @Test func aDrainingExecutorFinishesWhatRunsAndHandsBackTheRest() {
        var core = ExecutorCore(name: "e", slots: 1, toolChains: ["python": "3"])
        _ = core.receive(lease(1), now: 0)
        _ = core.receive(lease(2), now: 0)
        guard case .send(.hello(let hello))? = core.drain(deadline: 10).first else {
            Issue.record("it did not say so")
            return
        }
        #expect(hello.slots == 0 && hello.runningLeases == [1])
        #expect(core.receive(lease(3), now: 1).isEmpty)
        #expect(!core.isDone(now: 1))
        _ = core.finished(1, WireVerdict(Verdict(outcome: .accepted)), now: 2)
        #expect(!core.isDone(now: 3))
        var ack = WireExecutionAck()
        ack.leaseID = 1
        _ = core.receive(.executionAck(ack), now: 4)
        #expect(core.isDone(now: 4))
    }
}
