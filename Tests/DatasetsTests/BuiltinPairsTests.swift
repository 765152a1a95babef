import Datasets
import Programs
import Testing

/// The built-in problems in JavaScript, to read and to write.
@Suite struct BuiltinPairsTests {
    let synthesis = BuiltinProblems(seed: 11)
    let translation = BuiltinProblems(seed: 11, from: .javascript)

    @Test func everyFamilyAndEveryStepHasItsJavaScript() {
        #expect(BuiltinProblems.unmatchedJavaScript == [])
    }

    @Test func aTranslationIsTheSynthesisProblemOfItsIndexWithAnotherPrompt() {
        for split in Split.allCases {
            for index in 0..<200 {
                let (words, program) = (
                    synthesis.problem(split, index: index), translation.problem(split, index: index)
                )
                #expect(program.tests == words.tests)
                #expect(program.reference == words.reference)
                #expect(program.language == .python && program.limits == words.limits)
                #expect(program.id == "javascript-python/" + words.id)
                #expect(BuiltinProblems.exercise(of: program.id) == BuiltinProblems.exercise(of: words.id))
                #expect(BuiltinProblems.family(of: program.id) == BuiltinProblems.family(of: words.id))
            }
        }
    }

    @Test func exercisesAreNamedWithoutTheFormAndMarksAreNoForm() {
        #expect(BuiltinProblems.exercise(of: "javascript-python/join-letters(/)#3-run") == "join-letters(/)")
        #expect(BuiltinProblems.exercise(of: "join-letters(/)#3-run") == "join-letters(/)")
        #expect(BuiltinProblems.family(of: "javascript/pad-left(4,#)#0-run") == "pad-left")
    }

    @Test func aPromptIsOneFunctionOfTheNameTheTestsCall() {
        var forms: Set<String> = []
        for index in 0..<600 {
            let problem = translation.problem(.train, index: index)
            guard case .call(let name, let arguments, _)? = problem.tests.first else {
                Issue.record("\(problem.id) has no calls")
                continue
            }
            let line = problem.prompt.prefix { $0 != "\n" }
            let head = ["function \(name)(", "const \(name) = function (", "const \(name) = ("].first(
                where: line.hasPrefix
            )
            forms.insert(head?.replacing(name, with: "f") ?? "another: \(line)")
            let parameters = line.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }.split(separator: ",")
            #expect(parameters.count == arguments.count, "\(line)")
            #expect(!problem.prompt.contains("{0}") && !problem.prompt.contains("{1}"), "\(problem.prompt)")
        }
        #expect(forms == ["function f(", "const f = function (", "const f = ("])
    }

    @Test func trainingPromptsDifferAsTheirWordingsDo() {
        let train = translation.problems(.train, count: 1000)
        #expect(Set(train.map(\.id)).count == 1000)
        // Two steps that cannot be called in a row are written in one way only, so that a few prompts are equal.
        #expect(Set(train.map(\.prompt)).count > 980)
    }

    @Test func javaScriptIsWrittenFromPythonAndFromEnglish() {
        let (back, words) = (
            BuiltinProblems(seed: 11, from: .python, to: .javascript), BuiltinProblems(seed: 11, to: .javascript)
        )
        for index in 0..<300 {
            let (python, script) = (synthesis.problem(.test, index: index), back.problem(.test, index: index))
            #expect(script.id == "python-javascript/" + python.id)
            #expect(script.prompt == python.reference && script.tests == python.tests)
            #expect(script.language == .javascript && script.reference.hasPrefix("function "))
            let described = words.problem(.test, index: index)
            #expect(described.id == "javascript/" + python.id && described.reference == script.reference)
            #expect(!["Python", "True", " dict"].contains(where: described.prompt.contains), "\(described.prompt)")
        }
    }

    @Test func theHabitualFlawOfAKindIsTheSameInSynthesisAndTranslation() {
        for index in 0..<300 {
            #expect(translation.habitualFlaw(.train, index: index) == synthesis.habitualFlaw(.train, index: index))
        }
        let back = BuiltinProblems(seed: 11, from: .python, to: .javascript)
        let flaws = (0..<300).compactMap { back.habitualFlaw(.train, index: $0) }
        // Six kinds in ten have a habit.
        #expect((120...240).contains(flaws.count), "\(flaws.count)")
        #expect(flaws.allSatisfy { $0.hasPrefix("function ") })
    }
}
