internal import Checkpoints
internal import Datasets
internal import Monitoring
internal import Tokenization
internal import Transformer

/// Whether an error is about a file or a setting that the user gave.
func isInputError(_ error: any Error) -> Bool {
    error is MonitoringError || error is DatasetError || error is CheckpointError || error is TokenizationError
        || error is TransformerError
}
