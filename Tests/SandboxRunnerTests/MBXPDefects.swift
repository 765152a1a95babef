import Programs

/// Rows of MBXP whose published solution does not pass its own test, and why.
///
/// Each was also run as a file of its own by the plain interpreter; PHP's 306 that pass there and not here were run once
/// more with a comparison that does not take `true` for equal to everything, and a last line that must be reached.
struct MBXPDefects {
    var cause: String
    /// The numbers in the task ids.
    var rows: [Int]

    static func of(_ language: Language) -> [MBXPDefects] {
        switch language {
        case .javascript: javaScript
        case .php: php
        case .ruby: ruby
        default: []
        }
    }

    private static let javaScript = [
        MBXPDefects(
            cause: "the solution spells a parameter otherwise than its prompt",
            rows: [
                2, 18, 26, 29, 37, 50, 54, 63, 65, 81, 91, 94, 104, 106, 110, 129, 140, 156, 193, 196, 197,
                205, 206, 213, 222, 230, 237, 249, 258, 259, 512, 513, 514, 544, 546, 552, 553, 560, 561, 573,
                580, 611, 613, 614, 616, 619, 621, 630, 632, 637, 639, 645, 651, 665, 668, 691, 694, 695, 697,
                698, 710, 713, 715, 720, 726, 740, 744, 749, 750, 753, 757, 772, 776, 780, 785, 788, 791, 792,
                806, 808, 809, 811, 825, 842, 852, 858, 875, 878, 888, 894, 915, 916, 920, 921, 936, 942, 951,
                954, 969, 972,
            ]
        ),
        MBXPDefects(
            cause: "the solution calls a function of its test",
            rows: [
                243
            ]
        ),
        MBXPDefects(
            cause: "the solution is wrong",
            rows: [
                174, 585, 653, 679, 795, 844, 939,
            ]
        ),
    ]

    private static let php = [
        MBXPDefects(
            cause: "`?>` in the solution turns its test into text",
            rows: [
                175, 196, 215, 217, 220, 247, 512, 519, 526, 771, 819, 834, 843, 894, 906, 941, 965,
            ]
        ),
        MBXPDefects(
            cause: "the solution leaves the process before its test has said anything",
            rows: [
                14, 86, 115, 123, 137, 161, 191, 549, 592, 699, 731, 739, 752, 933, 961,
            ]
        ),
        MBXPDefects(
            cause: "right only because `==` takes a truth value, or null, for equal to nearly everything",
            rows: [
                1, 2, 3, 4, 5, 7, 10, 11, 12, 13, 15, 18, 21, 22, 27, 30, 31, 34, 35, 36, 38, 39, 40, 44, 48,
                55, 57, 59, 60, 61, 64, 70, 71, 76, 95, 97, 99, 100, 103, 104, 108, 111, 119, 128, 130, 141,
                142, 143, 146, 147, 148, 153, 157, 158, 160, 166, 174, 177, 178, 181, 182, 183, 185, 186, 187,
                189, 193, 194, 198, 200, 202, 209, 218, 221, 223, 226, 229, 232, 233, 235, 236, 238, 239, 240,
                241, 243, 244, 245, 251, 254, 255, 256, 260, 515, 516, 520, 522, 523, 524, 527, 528, 531, 534,
                536, 537, 538, 539, 541, 545, 548, 556, 557, 558, 563, 568, 569, 570, 571, 572, 575, 578, 583,
                585, 586, 589, 591, 594, 595, 597, 602, 603, 604, 607, 610, 612, 615, 617, 620, 622, 624, 625,
                635, 638, 640, 641, 643, 644, 646, 647, 648, 657, 659, 660, 661, 662, 667, 668, 669, 670, 671,
                674, 679, 680, 684, 686, 689, 690, 691, 692, 694, 696, 701, 702, 703, 707, 709, 712, 718, 719,
                720, 721, 722, 724, 727, 730, 732, 735, 736, 737, 743, 745, 747, 749, 753, 756, 759, 760, 763,
                765, 766, 767, 769, 773, 774, 777, 778, 781, 783, 784, 786, 787, 791, 794, 795, 801, 804, 810,
                812, 813, 823, 824, 825, 826, 829, 836, 840, 841, 846, 851, 854, 856, 857, 860, 861, 862, 863,
                864, 867, 869, 877, 879, 880, 881, 888, 889, 895, 896, 898, 902, 907, 909, 911, 912, 916, 918,
                922, 923, 926, 928, 930, 934, 938, 939, 943, 946, 947, 948, 949, 952, 960, 963, 967, 971, 974,
            ]
        ),
        MBXPDefects(
            cause: "fails as a file of its own too",
            rows: [
                26, 37, 50, 54, 63, 65, 75, 81, 91, 94, 106, 110, 114, 117, 129, 140, 156, 197, 205, 206, 213,
                219, 222, 230, 249, 258, 259, 513, 514, 544, 546, 552, 553, 560, 561, 573, 579, 580, 611, 613,
                614, 616, 619, 621, 630, 632, 637, 639, 645, 651, 652, 665, 666, 695, 697, 710, 713, 715, 726,
                740, 744, 750, 757, 772, 776, 780, 785, 788, 792, 806, 808, 809, 811, 842, 852, 858, 859, 875,
                878, 915, 920, 921, 936, 942, 951, 954, 969, 972,
            ]
        ),
    ]

    private static let ruby = [
        MBXPDefects(
            cause: "the solution leaves the process before its test has said anything",
            rows: [
                546
            ]
        )
    ]
}
