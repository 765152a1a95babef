package import Foundation

/// Replaces the file at `url` by one that holds `data`: after a crash there is the old file or the new one, whole.
package func atomicWrite(_ data: Data, to url: URL) throws(CheckpointError) {
    let file = try TemporaryFile(for: url)
    try file.write([UInt8](data))
    try file.commit()
}

/// Waits until the file, or the entries of the directory, at `url` are on the disk.
package func fsyncFile(_ url: URL) throws(CheckpointError) {
    let descriptor = unsafe open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unwritable(url) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw unwritable(url) }
}

/// Gives `source` the name of `target`, whose old bearer, if it is a file, is gone.
func renameFile(_ source: URL, to target: URL) throws(CheckpointError) {
    guard unsafe rename(source.path, target.path) == 0 else { throw unwritable(target) }
}

/// The error that the last system call left behind.
func unwritable(_ url: URL) -> CheckpointError {
    unsafe .unwritable(path: url.path, reason: String(cString: strerror(errno)))
}
