import Foundation

extension Double {
    func logarithm() -> Double { log(self) }
    func cosine() -> Double { cos(self) }
}
