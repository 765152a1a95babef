import Foundation
import Optimizers
import Tensors
import Testing

/// What PyTorch's AdamW did in 20 steps: `Tests/Fixtures/ppo/adamw.json`, by `generate_ppo_fixtures.py`.
private struct AdamWFixture: Decodable {
    struct Step: Decodable {
        let learningRate: Double
        let gradients: [[Float]]
        let norm: Double
        let clipped: [[Float]]
        let parameters: [[Float]]
    }
    let learningRate: Double
    let weightDecay: Double
    let warmupSteps: Int
    let maximumGradientNorm: Double
    let start: [[Float]]
    let steps: [Step]
    let firstMoments: [[Float]]
    let secondMoments: [[Float]]

    static func load() throws -> AdamWFixture {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: tests.appending(path: "Fixtures/ppo/adamw.json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(AdamWFixture.self, from: data)
    }

    var configuration: AdamWConfiguration {
        var configuration = AdamWConfiguration()
        configuration.learningRate = learningRate
        configuration.weightDecay = weightDecay
        configuration.schedule.warmupSteps = warmupSteps
        configuration.schedule.decay = .inverseSquareRoot
        return configuration
    }
}

/// A decaying and a plain parameter in one flat buffer, with an alignment gap that belongs to neither.
private struct Model {
    static let gap = 37..<48
    let values: FloatBuffer
    let gradients: FloatBuffer
    let optimizer: AdamW

    init(configuration: AdamWConfiguration, start: [[Float]]? = nil) {
        values = FloatBuffer(count: 61)
        gradients = FloatBuffer(count: 61)
        optimizer = AdamW(
            [
                OptimizedParameter(name: "dense", values: values, gradients: gradients, range: 0..<37, decays: true),
                OptimizedParameter(name: "norm", values: values, gradients: gradients, range: 48..<61, decays: false),
            ],
            configuration: configuration
        )
        if let start { write(start, values) }
        for i in Self.gap { unsafe values.base[i] = .nan }
        for i in Self.gap { unsafe gradients.base[i] = .nan }
    }

    func write(_ rows: [[Float]], _ buffer: FloatBuffer) {
        for (row, offset) in zip(rows, [0, 48]) {
            for (i, x) in row.enumerated() { unsafe buffer.base[offset + i] = x }
        }
    }

    func read(_ buffer: FloatBuffer, ranges: [Range<Int>] = [0..<37, 48..<61]) -> [[Float]] {
        ranges.map { range in range.map { unsafe buffer.base[$0] } }
    }
}

private func relativeDifference(_ a: [[Float]], _ b: [[Float]]) -> Double {
    guard a.map(\.count) == b.map(\.count) else { return .infinity }
    let scale = Double(b.joined().map(abs).max() ?? 0)
    let differences = zip(a.joined(), b.joined()).map { abs(Double($0) - Double($1)) / scale }
    return differences.contains { $0.isNaN } ? .infinity : differences.max() ?? .infinity
}

struct AdamWTests {
    @Test func twentyStepsMatchPyTorch() throws {
        let fixture = try AdamWFixture.load()
        let model = Model(configuration: fixture.configuration, start: fixture.start)
        var clippedSteps = 0
        for (index, step) in fixture.steps.enumerated() {
            model.write(step.gradients, model.gradients)
            let rate = fixture.learningRate * fixture.configuration.schedule.factor(step: index)
            #expect(abs(rate - step.learningRate) < 1e-15)
            let report = try model.optimizer.step(
                learningRate: rate,
                maximumGradientNorm: fixture.maximumGradientNorm
            )
            #expect(abs(report.gradientNorm - step.norm) <= 1e-6 * step.norm)
            let clipped = step.gradients.map { $0.map { $0 * Float(report.clipScale) } }
            #expect(relativeDifference(clipped, step.clipped) <= 1e-6)
            #expect(relativeDifference(model.read(model.values), step.parameters) <= 1e-6)
            clippedSteps += report.clipScale < 1 ? 1 : 0
        }
        #expect(clippedSteps == 12)
        let ranges = model.optimizer.momentRanges
        #expect(
            relativeDifference(model.read(model.optimizer.firstMoments, ranges: ranges), fixture.firstMoments) <= 1e-6
        )
        #expect(
            relativeDifference(model.read(model.optimizer.secondMoments, ranges: ranges), fixture.secondMoments) <= 1e-6
        )
        #expect(Model.gap.allSatisfy { unsafe model.values.base[$0].isNaN })
    }

    /// t = 1: m̂ = g and v̂ = g², so every element moves by η·sign(g) after shrinking by 1 − ηλ.
    @Test func theFirstStepMovesByTheLearningRate() throws {
        var configuration = AdamWConfiguration()
        configuration.weightDecay = 0.5
        let model = Model(configuration: configuration)
        model.write([[2, 2], [2, 2]], model.values)
        model.write([[3, -0.25], [3, -0.25]], model.gradients)
        try model.optimizer.step(learningRate: 0.1, maximumGradientNorm: nil)
        let expected: [[Float]] = [[2 * 0.95 - 0.1, 2 * 0.95 + 0.1], [1.9, 2.1]]
        #expect(relativeDifference(model.read(model.values).map { Array($0.prefix(2)) }, expected) < 1e-6)
    }

    /// 3, 4 and 12 have norm 13; a limit of 6.5 halves the gradient, up to the guard of 10⁻⁶.
    @Test func globalNormSpansParameters() throws {
        let model = Model(configuration: AdamWConfiguration())
        model.write([[3, 4], [12]], model.gradients)
        #expect(try globalGradientNorm(model.optimizer.parameters) == 13)
        #expect(abs(clipScale(norm: 13, maximum: 6.5) - 0.5) < 1e-6)
        #expect(clipScale(norm: 13, maximum: 14) == 1)
        #expect(clipScale(norm: 0, maximum: 1) == 1)
    }

    @Test func aHugeButFiniteGradientHasAFiniteNorm() throws {
        let model = Model(configuration: AdamWConfiguration())
        model.write([[3e38], [3e38]], model.gradients)
        let norm = try globalGradientNorm(model.optimizer.parameters)
        #expect(abs(norm / 3e38 - 2.0.squareRoot()) < 1e-6)
    }

    @Test(arguments: [(Float.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf")])
    func aNonFiniteGradientIsNamedAndTheStepRefused(value: Float, text: String) throws {
        let fixture = try AdamWFixture.load()
        let model = Model(configuration: fixture.configuration, start: fixture.start)
        model.write(fixture.steps[0].gradients, model.gradients)
        unsafe model.gradients.base[48 + 11] = value
        #expect(throws: OptimizerError.nonFiniteGradient(parameter: "norm", offset: 11, value: text)) {
            try model.optimizer.step(learningRate: 0.1, maximumGradientNorm: 1)
        }
        #expect(model.read(model.values) == fixture.start)
        #expect(model.optimizer.steps == ["dense": 0, "norm": 0])
        #expect(
            model.read(model.optimizer.firstMoments, ranges: model.optimizer.momentRanges).joined().allSatisfy {
                $0 == 0
            }
        )
    }

    @Test func aFrozenParameterNeitherMovesNorCountsNorAges() throws {
        let fixture = try AdamWFixture.load()
        let model = Model(configuration: fixture.configuration, start: fixture.start)
        model.write(fixture.steps[0].gradients, model.gradients)
        unsafe model.gradients.base[0] = .nan
        try model.optimizer.step(learningRate: 0.1, maximumGradientNorm: 1, frozen: ["dense"])
        #expect(model.read(model.values)[0] == fixture.start[0])
        #expect(model.read(model.values)[1] != fixture.start[1])
        #expect(model.optimizer.steps == ["dense": 0, "norm": 1])
    }

    @Test func aRestoredOptimizerContinuesBitForBit() throws {
        let fixture = try AdamWFixture.load()
        let whole = Model(configuration: fixture.configuration, start: fixture.start)
        let first = Model(configuration: fixture.configuration, start: fixture.start)
        let second = Model(configuration: fixture.configuration)
        for (index, step) in fixture.steps.enumerated() {
            if index == 8 {
                second.values.copy(from: first.values)
                second.optimizer.firstMoments.copy(from: first.optimizer.firstMoments)
                second.optimizer.secondMoments.copy(from: first.optimizer.secondMoments)
                try second.optimizer.restore(steps: first.optimizer.steps)
            }
            for model in [whole, index < 8 ? first : second] {
                model.write(step.gradients, model.gradients)
                try model.optimizer.step(learningRate: step.learningRate, maximumGradientNorm: 4)
            }
        }
        #expect(whole.read(whole.values) == second.read(second.values))
        #expect(whole.optimizer.steps == second.optimizer.steps)
    }

    @Test(arguments: [["dense": 1], ["dense": 1, "norm": 1, "head": 1], ["dense": 1, "norm": -1]])
    func aForeignStateIsRefused(steps: [String: Int]) {
        let model = Model(configuration: AdamWConfiguration())
        #expect(throws: OptimizerError.self) { try model.optimizer.restore(steps: steps) }
        #expect(model.optimizer.steps == ["dense": 0, "norm": 0])
    }

    /// The vector body and the scalar tail must agree: the same number at every position moves the same.
    @Test func everyPositionOfARowGetsTheSameBits() throws {
        let model = Model(configuration: AdamWConfiguration())
        for step in 1...3 {
            model.write([[Float](repeating: 0.1 * Float(step), count: 37)], model.gradients)
            try model.optimizer.step(learningRate: 0.01, maximumGradientNorm: 0.5)
        }
        let row = model.read(model.values)[0]
        #expect(Set(row.map(\.bitPattern)).count == 1 && row[0] < 0)
    }

    @Test func overlappingParametersTrap() async {
        await #expect(processExitsWith: .failure) {
            let buffer = FloatBuffer(count: 8)
            let parameters = [(0..<5), (4..<8)].enumerated().map { i, range in
                OptimizedParameter(name: "p\(i)", values: buffer, gradients: buffer, range: range, decays: true)
            }
            _ = AdamW(parameters, configuration: AdamWConfiguration())
        }
    }
}
