import Foundation
import Tensors

/// How beam search looks for the best completion.
package struct BeamSettings: Sendable, Equatable {
    /// Completions kept at every position.
    package var beams: Int
    /// α: finished completions are compared by log-probability / lengthᵅ, the end token included; 0 compares sums.
    package var lengthPenalty: Double = 1
    /// Number of tokens before which the end token cannot come.
    package var minimumLength = 0
    /// Number of tokens, the end token included, after which a completion is cut.
    package var maximumLength: Int

    package init(beams: Int, lengthPenalty: Double = 1, minimumLength: Int = 0, maximumLength: Int) {
        self.beams = beams
        self.lengthPenalty = lengthPenalty
        self.minimumLength = minimumLength
        self.maximumLength = maximumLength
    }
}

/// Finds completions of high probability, with cached keys and values, on the calling thread.
///
/// At every position each beam is continued with every token, and the best `beams` continuations that are not ended are
/// kept; ended ones are put aside. The search ends when no beam can overtake the worst of `beams` ended completions, so that
/// it never stops short of a better one. Ties go to the earlier beam and the lower token. The result is a function of
/// weights, source and settings.
package final class T5BeamSearch {
    /// A completion that is still growing.
    private struct Beam {
        /// Its place in the cache.
        var slot: Int
        var tokens: [Int32] = []
        var logProbabilities: [Float] = []
        /// Σ log p.
        var sum = 0.0

        mutating func add(_ token: Int32, _ logProbability: Double) {
            tokens.append(token)
            logProbabilities.append(Float(logProbability))
            sum += logProbability
        }
    }

    private var pass: GenerationPass
    private var configuration: T5Configuration { pass.configuration }

    /// A search for models of this shape.
    package init(configuration: T5Configuration) { pass = GenerationPass(configuration: configuration) }

    /// The best completion of `source` that the search finds.
    ///
    /// Values and entropies are not measured.
    package func search(weights: GenerationWeights, source: [Int32], settings: BeamSettings) -> GeneratedSequence {
        precondition(settings.beams > 0 && settings.maximumLength > 0, "settings were not validated")
        pass.begin([source], sequences: settings.beams, maximumLength: settings.maximumLength, weights: weights)
        var beams = [Beam(slot: 0)]
        var ended: [(beam: Beam, score: Double)] = []
        for position in 0..<settings.maximumLength {
            let continued = continuations(of: beams, position: position, weights: weights, settings: settings)
            var next: [(parent: Int, token: Int32, logProbability: Double, sum: Double)] = []
            for candidate in continued {
                guard candidate.token == configuration.eosTokenID else {
                    if next.count < settings.beams { next.append(candidate) }
                    continue
                }
                var beam = beams[candidate.parent]
                beam.add(candidate.token, candidate.logProbability)
                ended.append((beam, beam.sum / pow(Double(position + 1), settings.lengthPenalty)))
            }
            ended.sort { $0.score > $1.score }
            ended.removeLast(max(0, ended.count - settings.beams))
            beams = advanced(beams, next, position: position)
            guard let best = beams.first else { break }
            // Log-probabilities only fall, and the longest completion is divided by most.
            let bound = best.sum / pow(Double(settings.maximumLength), max(0, settings.lengthPenalty))
            if ended.count == settings.beams, let worst = ended.last, worst.score >= bound { break }
            if position + 1 == settings.maximumLength {
                ended += beams.map { ($0, $0.sum / pow(Double(position + 1), settings.lengthPenalty)) }
            }
        }
        let best = ended.max { $0.score < $1.score }?.beam ?? Beam(slot: 0)
        return GeneratedSequence(
            tokens: best.tokens,
            logProbabilities: best.logProbabilities,
            values: [],
            entropies: [],
            finished: best.tokens.last == configuration.eosTokenID
        )
    }

    /// The best 2 · `beams` continuations by one token, best first: enough that `beams` of them do not end.
    private func continuations(
        of beams: [Beam],
        position: Int,
        weights: GenerationWeights,
        settings: BeamSettings
    ) -> [(parent: Int, token: Int32, logProbability: Double, sum: Double)] {
        let active = beams.map { beam in
            ActiveSequence(request: beam.slot, source: 0, token: beam.tokens.last ?? configuration.decoderStartTokenID)
        }
        var values: [Float] = []
        let logits = unsafe pass.step(active, position: position, weights: weights, values: &values)
        let vocabulary = configuration.vocabularySize
        var best: [(parent: Int, token: Int32, logProbability: Double, sum: Double)] = []
        for (parent, beam) in beams.enumerated() {
            let row = unsafe UnsafeBufferPointer(start: logits + parent * vocabulary, count: vocabulary)
            let excluded = position < settings.minimumLength ? Int(configuration.eosTokenID) : -1
            var maximum = -Float.infinity
            for token in 0..<vocabulary where token != excluded { unsafe maximum = max(maximum, row[token]) }
            var total = 0.0
            for token in 0..<vocabulary where token != excluded { unsafe total += Double(exp(row[token] - maximum)) }
            let logTotal = log(total)
            for token in 0..<vocabulary where token != excluded {
                let logProbability = unsafe Double(row[token] - maximum) - logTotal
                let sum = beam.sum + logProbability
                if best.count == 2 * settings.beams, let worst = best.last, sum <= worst.sum { continue }
                let place = best.firstIndex { $0.sum < sum } ?? best.count
                best.insert((parent, Int32(token), logProbability, sum), at: place)
                if best.count > 2 * settings.beams { best.removeLast() }
            }
        }
        return best
    }

    /// The beams after one more token, each with a place in the cache of its own.
    private func advanced(
        _ beams: [Beam],
        _ next: [(parent: Int, token: Int32, logProbability: Double, sum: Double)],
        position: Int
    ) -> [Beam] {
        // The first child keeps its parent's place; the others get places of beams that have no child.
        var kept: Set<Int> = []
        let isFirst = next.map { kept.insert($0.parent).inserted }
        let used = Set(kept.map { beams[$0].slot })
        var free = (0..<max(next.count, beams.count)).filter { !used.contains($0) }
        return zip(next, isFirst).map { candidate, isFirst in
            var beam = beams[candidate.parent]
            if !isFirst, let slot = free.popLast() {
                pass.decoder.cache.copy(
                    from: beam.slot,
                    to: slot,
                    positions: position + 1,
                    layers: configuration.numDecoderLayers
                )
                beam.slot = slot
            }
            beam.add(candidate.token, candidate.logProbability)
            return beam
        }
    }
}

extension SelfAttentionCache {
    /// Gives sequence `target` the keys and values of `source`, as far as `positions` reach.
    fileprivate func copy(from source: Int, to target: Int, positions: Int, layers: Int) {
        for index in 0..<KeyValueLayout.chunks(positions) {
            for layer in 0..<layers {
                let from = unsafe chunk(index, layer: layer, sequence: source)
                unsafe chunk(index, layer: layer, sequence: target).update(from: from, count: layout.chunk)
            }
        }
    }
}
