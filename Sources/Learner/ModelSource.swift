internal import Datasets
internal import Determinism
package import Foundation
package import Tokenization
package import Transformer

extension RunConfiguration {
    /// How completions are sampled in training; learning applies the same processing.
    package var samplingSettings: SamplingSettings {
        SamplingSettings(
            temperature: rollout.temperature,
            topK: rollout.asp,
            topP: rollout.topP,
            greedy: false,
            minimumLength: rollout.minimumTargetLength,
            maximumLength: rollout.maximumTargetLength
        )
    }
}

/// A policy with the tokenizer it was made for.
package struct PolicyModel: Sendable {
    package let parameters: T5Parameters
    package let tokenizer: Tokenizer

    package init(parameters: T5Parameters, tokenizer: Tokenizer) {
        self.parameters = parameters
        self.tokenizer = tokenizer
    }

    /// Reads a Hugging Face directory: `config.json`, the weights, `vocab.json` and `merges.txt`.
    package static func load(from path: String) throws -> PolicyModel {
        let url = URL(filePath: path)
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue else {
            throw LearnerError.model(
                path: path,
                reason:
                    "is not a folder; expected a model directory with config.json, model.safetensors, vocab.json and merges.txt"
            )
        }
        let parameters = try T5ModelDirectory.load(from: url)
        let tokenizer = try Tokenizer(directory: url)
        guard tokenizer.vocabularySize <= parameters.configuration.vocabularySize else {
            throw LearnerError.model(
                path: path,
                reason:
                    "the tokenizer has \(tokenizer.vocabularySize) tokens, the model only \(parameters.configuration.vocabularySize)"
            )
        }
        return PolicyModel(parameters: parameters, tokenizer: tokenizer)
    }

    /// A model of random weights and a vocabulary trained on the problems it is to learn.
    package static func fresh(_ configuration: RunConfiguration, source: ProblemSource) -> PolicyModel {
        let seed = configuration.run.seed
        let tokenizer = Tokenizer.train(
            corpus: source.corpus,
            vocabularySize: configuration.model.vocabularySize,
            mergeDigits: false
        )
        let model = configuration.model
        let shape = T5Configuration(
            dModel: model.dModel,
            dKV: model.dKV,
            dFF: model.dFF,
            numEncoderLayers: model.encoderLayers,
            numDecoderLayers: model.decoderLayers,
            numHeads: model.heads,
            vocabularySize: tokenizer.vocabularySize,
            padTokenID: tokenizer.padID,
            eosTokenID: tokenizer.eosID,
            decoderStartTokenID: tokenizer.padID
        )
        let key = RandomKey(seed: seed, path: RandomPurpose.initialization)
        return PolicyModel(
            parameters: T5Parameters.random(
                configuration: shape,
                seed: key.low,
                positionBias: model.positionBiasStart
            ),
            tokenizer: tokenizer
        )
    }

    /// Writes the directory so that `transformers` and ``load(from:)`` read it.
    package func save(to url: URL) throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try T5ModelDirectory.save(parameters, to: url)
        try tokenizer.write(to: url)
    }
}

extension ModelSection {
    fileprivate var positionBiasStart: PositionBiasStart {
        guard let start = PositionBiasStart(rawValue: positionBias) else {
            preconditionFailure("a run begins with a configuration that was checked")
        }
        return start
    }

    func validatePositionBias() throws(ConfigurationError) {
        guard PositionBiasStart(rawValue: positionBias) == nil else { return }
        throw .outOfRange(
            key: "model.position_bias",
            value: positionBias,
            expected: oneOf(PositionBiasStart.self, found: positionBias)
        )
    }
}
