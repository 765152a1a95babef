import Foundation
package import Programs

/// How many programs are judged at once, in what, and what is remembered.
package struct SandboxConfiguration: Sendable, Codable {
    /// Programs judged at the same time; by default one per core.
    package var slots: Int = max(1, ProcessInfo.processInfo.activeProcessorCount)
    /// The slot supervisor; nil means `ppocoder-slot` beside the running command.
    package var helperPath: String?
    /// Languages to prepare; one whose tools are missing is reported, not refused.
    package var languages: [Language] = Language.allCases
    /// Warm interpreters and the like that one slot keeps alive; the one that has rested longest makes room.
    package var processesPerSlot: Int = 6
    /// Verdicts remembered; 0 turns the cache off.
    package var verdictCacheEntries: Int = 4096
    /// Bytes of compiled programs remembered.
    package var compileCacheBytes: Int = 128 << 20
    /// Where precompiled headers are kept; nil means a directory for this user.
    package var cacheDirectory: String?
    /// First of the user ids that slots get, one each, when the sandbox is started by root.
    package var firstUser: Int = 60000
    /// Size of each of a slot's two scratch directories, bytes.
    package var scratchBytes: Int = 128 << 20
    /// Run programs even when the walls are below the minimum of `Walls.missing`.
    package var acceptsWeakWalls = false

    package init() {}
}
