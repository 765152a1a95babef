/// Calls of C++ functions: arguments are made for the parameter types that the compiler deduces.
enum CppHarness {
    /// Templates for every type of the standard library that the program has included; nothing is included for them.
    static func conversions(_ m: String) -> String {
        """
        namespace plain_\(m) {
        struct unfit {};
        template<class T> struct bare { typedef T type; };
        template<class T> struct bare<T &> : bare<T> {};
        template<class T> struct bare<T &&> : bare<T> {};
        template<class T> struct bare<const T> : bare<T> {};
        template<class T> struct kind { enum { value = 0 }; };
        template<> struct kind<bool> { enum { value = 1 }; };
        template<> struct kind<char> { enum { value = 2 }; };
        template<> struct kind<float> { enum { value = 4 }; };
        template<> struct kind<double> { enum { value = 4 }; };
        template<> struct kind<long double> { enum { value = 4 }; };
        template<> struct kind<signed char> { enum { value = 3 }; };
        template<> struct kind<unsigned char> { enum { value = 3 }; };
        template<> struct kind<short> { enum { value = 3 }; };
        template<> struct kind<unsigned short> { enum { value = 3 }; };
        template<> struct kind<signed> { enum { value = 3 }; };
        template<> struct kind<unsigned> { enum { value = 3 }; };
        template<> struct kind<long> { enum { value = 3 }; };
        template<> struct kind<unsigned long> { enum { value = 3 }; };
        template<> struct kind<long long> { enum { value = 3 }; };
        template<> struct kind<unsigned long long> { enum { value = 3 }; };
        template<> struct kind<__int128> { enum { value = 3 }; };
        static signed open(char tag) {
            if (byte_\(m)() != tag) throw unfit();
            return word_\(m)();
        }
        template<class T, signed k = kind<T>::value> struct plain {
            static T take() { throw unfit(); }
            static void put(const T &) { unplain_\(m) = 1; }
        };
        template<> struct plain<bool, 1> {
            static bool take() {
                signed tag = byte_\(m)();
                if (tag != 'T' && tag != 'F') throw unfit();
                return tag == 'T';
            }
            static void put(bool value) { tag_\(m)(value ? 'T' : 'F'); }
        };
        template<> struct plain<char, 2> {
            static char take() {
                signed length;
                if (peek_\(m)() == 'i') return (char)whole_\(m)();
                char *text = text_\(m)(&length);
                if (bad_\(m) || length != 1) throw unfit();
                return text[0];
            }
            static void put(char value) { put_text_\(m)(&value, 1); }
        };
        template<class T> struct plain<T, 3> {
            static T take() {
                __int128 value = whole_\(m)();
                if (bad_\(m) || (__int128)(T)value != value) throw unfit();
                return (T)value;
            }
            static void put(T value) { put_whole_\(m)((__int128)value); }
        };
        template<class T> struct plain<T, 4> {
            static T take() {
                double value = real_\(m)();
                if (bad_\(m)) throw unfit();
                return (T)value;
            }
            static void put(T value) { put_real_\(m)((double)value); }
        };
        template<> struct plain<char *, 0> {
            static char *take() {
                signed length;
                char *text = text_\(m)(&length);
                if (bad_\(m)) throw unfit();
                return text;
            }
            static void put(const char *value) { put_chars_\(m)(value); }
        };
        template<> struct plain<const char *, 0> : plain<char *, 0> {};
        template<class T> struct plain<T *, 0> {
            static T *take() {
                if (peek_\(m)() == 'N') return byte_\(m)(), nullptr;
                signed count = open('[');
                typedef typename bare<T>::type item;
                item *items = new item[(unsigned long)count + 1]();
                for (signed i = 0; i < count; i++) items[i] = plain<item>::take();
                return items;
            }
            static void put(const T *) { unplain_\(m) = 1; }
        };
        template<class C, class T> static C list_\(m)() {
            C items;
            for (signed count = open('['); count > 0; count--) items.insert(items.end(), plain<T>::take());
            return items;
        }
        template<class T, class C> static void put_list_\(m)(char tag, const C &items) {
            tag_\(m)(tag);
            signed count = 0;
            for (auto at = items.begin(); at != items.end(); ++at) count++;
            count_\(m)(count);
            for (auto at = items.begin(); at != items.end(); ++at) plain<T>::put(*at);
        }
        static __int128 integer(const char *text) {
            __int128 value = 0;
            bool minus = *text == '-';
            for (text += minus; *text; text++) {
                if (*text < '0' || *text > '9') throw unfit();
                value = value * 10 + (*text - '0');
            }
            return minus ? -value : value;
        }
        static double decimal(const char *text) {
            double value = 0, scale = 0;
            bool minus = *text == '-';
            for (text += minus; *text; text++) {
                if (*text == '.' && scale == 0) { scale = 1; continue; }
                if (*text < '0' || *text > '9') throw unfit();
                value = value * 10 + (*text - '0');
                scale *= 10;
            }
            value = scale > 1 ? value / scale : value;
            return minus ? -value : value;
        }
        template<class C, class K, class V> static C map_\(m)() {
            C entries;
            if (byte_\(m)() != '{') throw unfit();
            while (peek_\(m)() != '0') {
                if constexpr (kind<K>::value == 0 || kind<K>::value == 2) {
                    K key = plain<K>::take();
                    entries.insert({key, plain<V>::take()});
                } else {
                    // JSON's keys are text.
                    signed length;
                    char *text = text_\(m)(&length);
                    if (bad_\(m) || !text) throw unfit();
                    K key = kind<K>::value == 1 ? (K)same_\(m)(text, "true")
                        : kind<K>::value == 4 ? (K)decimal(text) : (K)integer(text);
                    entries.insert({key, plain<V>::take()});
                }
            }
            byte_\(m)();
            return entries;
        }
        template<class K, class V, class C> static void put_map_\(m)(const C &entries) {
            tag_\(m)('{');
            for (auto at = entries.begin(); at != entries.end(); ++at) {
                plain<K>::put(at->first);
                plain<V>::put(at->second);
            }
            tag_\(m)('0');
        }
        \(containers(m))
        }

        """
    }

    private static func containers(_ m: String) -> String {
        func list(_ guardName: String, _ type: String, tag: String = "[", more: String = "", moreOf: String = "")
            -> String
        {
            """
            #ifdef \(guardName)
            template<class T\(more)> struct plain<::std::\(type)<T\(moreOf)>, 0> {
                static ::std::\(type)<T\(moreOf)> take() { return list_\(m)<::std::\(type)<T\(moreOf)>, T>(); }
                static void put(const ::std::\(type)<T\(moreOf)> &items) { put_list_\(m)<T>('\(tag)', items); }
            };
            #endif

            """
        }
        func map(_ guardName: String, _ type: String, more: String, moreOf: String) -> String {
            let whole = "::std::\(type)<K, V\(moreOf)>"
            return """
                #ifdef \(guardName)
                template<class K, class V\(more)> struct plain<\(whole), 0> {
                    static \(whole) take() { return map_\(m)<\(whole), K, V>(); }
                    static void put(const \(whole) &entries) { put_map_\(m)<K, V>(entries); }
                };
                #endif

                """
        }
        let one = (", class A", ", A")
        let two = (", class A, class B", ", A, B")
        let three = (", class A, class B, class C", ", A, B, C")
        return list("_STL_VECTOR_H", "vector", more: one.0, moreOf: one.1)
            + list("_STL_DEQUE_H", "deque", more: one.0, moreOf: one.1)
            + list("_STL_LIST_H", "list", more: one.0, moreOf: one.1)
            + list("_STL_SET_H", "set", tag: "<", more: two.0, moreOf: two.1)
            + list("_STL_MULTISET_H", "multiset", more: two.0, moreOf: two.1)
            + list("_UNORDERED_SET_H", "unordered_set", tag: "<", more: three.0, moreOf: three.1)
            + map("_STL_MAP_H", "map", more: two.0, moreOf: two.1)
            + map("_UNORDERED_MAP_H", "unordered_map", more: three.0, moreOf: three.1)
                + """
                #ifdef _BASIC_STRING_H
                template<> struct plain<::std::string, 0> {
                    static ::std::string take() {
                        signed length;
                        char *text = text_\(m)(&length);
                        if (bad_\(m) || !text) throw unfit();
                        return ::std::string(text, (unsigned long)length);
                    }
                    static void put(const ::std::string &text) { put_text_\(m)(text.data(), (long)text.size()); }
                };
                #endif
                #ifdef _STL_PAIR_H
                template<class A, class B> struct plain<::std::pair<A, B>, 0> {
                    static ::std::pair<A, B> take() {
                        if (open('[') != 2) throw unfit();
                        A first = plain<typename bare<A>::type>::take();
                        return ::std::pair<A, B>(first, plain<typename bare<B>::type>::take());
                    }
                    static void put(const ::std::pair<A, B> &both) {
                        tag_\(m)('(');
                        count_\(m)(2);
                        plain<typename bare<A>::type>::put(both.first);
                        plain<typename bare<B>::type>::put(both.second);
                    }
                };
                #endif
                #ifdef _GLIBCXX_TUPLE
                template<unsigned long i, class Tuple, unsigned long n> struct each_\(m) {
                    typedef typename bare<decltype(::std::get<i>(*(Tuple *)0))>::type item;
                    static void take(Tuple &whole) {
                        ::std::get<i>(whole) = plain<item>::take();
                        each_\(m)<i + 1, Tuple, n>::take(whole);
                    }
                    static void put(const Tuple &whole) {
                        plain<item>::put(::std::get<i>(whole));
                        each_\(m)<i + 1, Tuple, n>::put(whole);
                    }
                };
                template<class Tuple, unsigned long n> struct each_\(m)<n, Tuple, n> {
                    static void take(Tuple &) {}
                    static void put(const Tuple &) {}
                };
                template<class... T> struct plain<::std::tuple<T...>, 0> {
                    static ::std::tuple<T...> take() {
                        ::std::tuple<T...> whole;
                        if (open('[') != (signed)sizeof...(T)) throw unfit();
                        each_\(m)<0, ::std::tuple<T...>, sizeof...(T)>::take(whole);
                        return whole;
                    }
                    static void put(const ::std::tuple<T...> &whole) {
                        tag_\(m)('(');
                        count_\(m)((signed)sizeof...(T));
                        each_\(m)<0, ::std::tuple<T...>, sizeof...(T)>::put(whole);
                    }
                };
                #endif
                #ifdef _GLIBCXX_ARRAY
                template<class T, unsigned long n> struct plain<::std::array<T, n>, 0> {
                    static ::std::array<T, n> take() {
                        ::std::array<T, n> items;
                        if (open('[') != (signed)n) throw unfit();
                        for (unsigned long i = 0; i < n; i++) items[i] = plain<T>::take();
                        return items;
                    }
                    static void put(const ::std::array<T, n> &items) { put_list_\(m)<T>('[', items); }
                };
                #endif
                #ifdef _GLIBCXX_OPTIONAL
                template<class T> struct plain<::std::optional<T>, 0> {
                    static ::std::optional<T> take() {
                        if (peek_\(m)() == 'N') return byte_\(m)(), ::std::optional<T>();
                        return plain<T>::take();
                    }
                    static void put(const ::std::optional<T> &value) {
                        if (value) plain<T>::put(*value);
                        else tag_\(m)('N');
                    }
                };
                #endif
                """
    }

    /// Deduces a function's type, takes its arguments, in order, and calls it.
    static func caller(_ m: String) -> String {
        """
        namespace plain_\(m) {
        template<class R> struct answer { template<class F> static void give(F run) {
            R result = run();
            plain<typename bare<R>::type>::put(result);
        } };
        template<> struct answer<void> { template<class F> static void give(F run) { run(); tag_\(m)('N'); } };
        template<class... Left> struct apply;
        template<> struct apply<> {
            template<class Call, class... Done> static void run(Call &call, Done &...done) { call(done...); }
        };
        template<class A, class... Left> struct apply<A, Left...> {
            template<class Call, class... Done> static void run(Call &call, Done &...done) {
                typename bare<A>::type next = plain<typename bare<A>::type>::take();
                apply<Left...>::run(call, done..., next);
            }
        };
        template<class R, class... A> static void call(R (*function)(A...), signed arity) {
            if (arity != (signed)sizeof...(A)) throw unfit();
            auto run = [&](typename bare<A>::type &...values) {
                answer<R>::give([&]() -> R { return function(static_cast<A &&>(values)...); });
            };
            apply<A...>::run(run);
        }
        template<class C, class R, class... A> static void call(R (C::*function)(A...), signed arity) {
            if (arity != (signed)sizeof...(A)) throw unfit();
            C object{};
            auto run = [&](typename bare<A>::type &...values) {
                answer<R>::give([&]() -> R { return (object.*function)(static_cast<A &&>(values)...); });
            };
            apply<A...>::run(run);
        }
        template<class C, class R, class... A> static void call(R (C::*function)(A...) const, signed arity) {
            call((R (C::*)(A...))function, arity);
        }
        template<class F> static void guarded(F function, signed arity) {
            try {
                call(function, arity);
            } catch (const unfit &) {
                trouble_\(m)('x', "an argument does not fit its parameter");
        #ifdef _NEW
            } catch (const ::std::bad_alloc &) {
                trouble_\(m)('m', "std::bad_alloc");
        #endif
        #ifdef __EXCEPTION_H
            } catch (const ::std::exception &error) {
                trouble_\(m)('x', error.what());
        #endif
            } catch (...) {
                trouble_\(m)('x', "an exception");
            }
        }
        }

        """
    }
}
