import Foundation

/// What is wrong when this process may not open `needed` files even after its limit has been raised; nil when it may.
package func descriptorComplaint(needed: Int) -> String? {
    let most = raiseDescriptorLimit()
    guard most < needed else { return nil }
    return "only \(most) files may be open at once, \(needed) are needed: raise the limit with ulimit -n \(needed)"
}

/// Lets this process open as many files as it may: a dispatcher needs one for every peer.
///
/// - Returns: how many that is.
package func raiseDescriptorLimit() -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    limit.rlim_cur = limit.rlim_max
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_cur)
}
