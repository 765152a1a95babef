/// What became of pieces of work: none is lost, and none counts twice.
package protocol ConservedAccounts {
    var issued: Int { get }
    var accepted: Int { get }
    var expired: Int { get }
    var quarantined: Int { get }
    var outstanding: Int { get }
}

extension ConservedAccounts {
    /// Whether issued = accepted + expired + quarantined + outstanding.
    package var isBalanced: Bool { issued == accepted + expired + quarantined + outstanding }

    /// For people.
    package var summary: String {
        "issued \(issued) = accepted \(accepted) + expired \(expired) + quarantined \(quarantined)"
            + " + outstanding \(outstanding)"
    }
}
