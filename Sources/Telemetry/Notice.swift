internal import Foundation

/// One line for people on stderr.
package func writeNotice(_ text: String) {
    // When nobody can read it any more, work goes on.
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
}
