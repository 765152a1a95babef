/// What is started in place of a Java program that is tested: it calls the test's `main`, or functions, by reflection.
///
/// `test CLASS`: reads a nonce, runs the class's `main`, and says the nonce once that has returned. The nonce is in a
/// local variable, which neither reflection nor another thread can read.
/// `call CLASS…`: reads calls from standard input, one at a time (PlainData.swift is the format), and answers each.
let javaHarness = #"""
    package ppocoder;

    import java.io.*;
    import java.lang.reflect.*;
    import java.math.*;
    import java.nio.charset.StandardCharsets;
    import java.util.*;

    final class Harness {
        public static void main(String[] arguments) throws Throwable {
            FileOutputStream out = new FileOutputStream(FileDescriptor.out);
            if (arguments[0].equals("test")) {
                String nonce = new String(System.in.readAllBytes(), StandardCharsets.US_ASCII);
                Method main = Class.forName(arguments[1]).getDeclaredMethod("main", String[].class);
                main.setAccessible(true);
                try {
                    main.invoke(null, (Object) new String[0]);
                } catch (InvocationTargetException thrown) {
                    throw thrown.getCause();
                }
                System.out.flush();
                out.write(("\n" + nonce + "\n").getBytes(StandardCharsets.US_ASCII));
                Runtime.getRuntime().halt(0);
            }
            System.setOut(System.err);
            Reader calls = new Reader(System.in);
            List<Class<?>> classes = new ArrayList<>();
            for (int i = 1; i < arguments.length; i++)
                classes.add(Class.forName(arguments[i], false, Harness.class.getClassLoader()));
            while (calls.more()) {
                calls.word();
                String name = (String) calls.value();
                answer(out, classes, name, (List<?>) calls.value());
            }
            Runtime.getRuntime().halt(0);
        }

        private static void answer(FileOutputStream out, List<Class<?>> classes, String name, List<?> values)
                throws IOException {
            Writer frame = new Writer();
            try {
                Object result = call(classes, name, values);
                frame.tag('r');
                frame.put(result, 0);
            } catch (OutOfMemoryError error) {
                frame = said('m', "out of memory");
            } catch (Unplain error) {
                frame = said('u', error.getMessage());
            } catch (Throwable error) {
                frame = said('x', describe(error));
            }
            byte[] bytes = frame.bytes.toByteArray();
            Writer whole = new Writer();
            whole.word(bytes.length);
            whole.bytes.writeBytes(bytes);
            out.write(whole.bytes.toByteArray());
        }

        private static Writer said(char tag, String text) {
            Writer frame = new Writer();
            frame.tag(tag);
            frame.bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
            return frame;
        }

        private static String describe(Throwable error) {
            try {
                StringWriter text = new StringWriter();
                error.printStackTrace(new PrintWriter(text));
                String whole = text.toString();
                return whole.length() > 2000 ? whole.substring(0, 2000) : whole;
            } catch (Throwable other) {
                return error.getClass().getName();
            }
        }

        private static Object call(List<Class<?>> classes, String name, List<?> values) throws Throwable {
            String wanted = null;
            int dot = name.lastIndexOf('.');
            if (dot > 0) {
                wanted = name.substring(0, dot);
                name = name.substring(dot + 1);
            }
            Unfit misfit = null;
            for (Class<?> each : classes) {
                if (wanted != null && !each.getName().equals(wanted) && !each.getSimpleName().equals(wanted)) continue;
                for (Method method : each.getDeclaredMethods()) {
                    if (!method.getName().equals(name) || method.getParameterCount() != values.size()
                        || method.isBridge()) continue;
                    Object[] arguments = new Object[values.size()];
                    try {
                        Type[] types = method.getGenericParameterTypes();
                        for (int i = 0; i < arguments.length; i++) arguments[i] = convert(values.get(i), types[i]);
                    } catch (Unfit error) {
                        misfit = error;
                        continue;
                    }
                    return invoke(each, method, arguments);
                }
            }
            if (misfit != null) throw misfit;
            throw new NoSuchMethodException("no method " + name + " takes " + values.size() + " arguments");
        }

        private static Object invoke(Class<?> of, Method method, Object[] arguments) throws Throwable {
            method.setAccessible(true);
            Object target = null;
            try {
                if (!Modifier.isStatic(method.getModifiers())) {
                    Constructor<?> make = of.getDeclaredConstructor();
                    make.setAccessible(true);
                    target = make.newInstance();
                }
                return method.invoke(target, arguments);
            } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
            }
        }

        private static final class Unfit extends Exception {
            Unfit(Object value, Type type) { super("an argument does not fit " + type.getTypeName()); }
        }

        private static final class Unplain extends Exception {
            Unplain(String text) { super(text); }
        }

        private static Object convert(Object value, Type type) throws Unfit {
            if (type instanceof ParameterizedType) {
                ParameterizedType of = (ParameterizedType) type;
                return convert(value, (Class<?>) of.getRawType(), of.getActualTypeArguments());
            }
            if (type instanceof GenericArrayType)
                return array(value, ((GenericArrayType) type).getGenericComponentType(), type);
            if (type instanceof WildcardType) return convert(value, ((WildcardType) type).getUpperBounds()[0]);
            if (type instanceof TypeVariable) return natural(value);
            return convert(value, (Class<?>) type, new Type[0]);
        }

        private static Class<?> raw(Type type) {
            if (type instanceof Class) return (Class<?>) type;
            if (type instanceof ParameterizedType) return (Class<?>) ((ParameterizedType) type).getRawType();
            if (type instanceof GenericArrayType)
                return Array.newInstance(raw(((GenericArrayType) type).getGenericComponentType()), 0).getClass();
            return Object.class;
        }

        private static Object array(Object value, Type item, Type type) throws Unfit {
            if (value == null) return null;
            if (!(value instanceof List)) throw new Unfit(value, type);
            List<?> values = (List<?>) value;
            Object array = Array.newInstance(raw(item), values.size());
            for (int i = 0; i < values.size(); i++) Array.set(array, i, convert(values.get(i), item));
            return array;
        }

        private static Object convert(Object value, Class<?> type, Type[] of) throws Unfit {
            if (value == null) {
                if (type.isPrimitive()) throw new Unfit(value, type);
                return null;
            }
            if (type == Object.class || type == Comparable.class || type == java.io.Serializable.class)
                return natural(value);
            if (type.isArray()) return array(value, type.getComponentType(), type);
            if (value instanceof Boolean && (type == boolean.class || type == Boolean.class)) return value;
            if (value instanceof String) {
                String text = (String) value;
                if (type.isAssignableFrom(String.class)) return text;
                if ((type == char.class || type == Character.class) && text.length() == 1) return text.charAt(0);
                if (type == StringBuilder.class) return new StringBuilder(text);
            }
            if (value instanceof Number) return number((Number) value, type);
            if (value instanceof List) return list((List<?>) value, type, of.length > 0 ? of[0] : Object.class);
            if (value instanceof Map) return map((Map<?, ?>) value, type, of);
            throw new Unfit(value, type);
        }

        private static Object number(Number value, Class<?> type) throws Unfit {
            if (type == double.class || type == Double.class) return value.doubleValue();
            if (type == float.class || type == Float.class) return value.floatValue();
            if (type == BigDecimal.class) return new BigDecimal(value.toString());
            if (type == Number.class) return natural(value);
            if (!(value instanceof BigInteger)) throw new Unfit(value, type);
            BigInteger whole = (BigInteger) value;
            int bits = whole.bitLength();
            if (type == BigInteger.class) return whole;
            if ((type == int.class || type == Integer.class) && bits < 32) return whole.intValue();
            if ((type == long.class || type == Long.class) && bits < 64) return whole.longValue();
            if ((type == short.class || type == Short.class) && bits < 16) return whole.shortValue();
            if ((type == byte.class || type == Byte.class) && bits < 8) return whole.byteValue();
            if ((type == char.class || type == Character.class) && bits < 16) return (char) whole.intValue();
            throw new Unfit(value, type);
        }

        @SuppressWarnings({"unchecked", "rawtypes"})
        private static Object list(List<?> values, Class<?> type, Type item) throws Unfit {
            List<Object> items = new ArrayList<>();
            for (Object value : values) items.add(convert(value, item));
            if (type.isAssignableFrom(ArrayList.class)) return items;
            if (type.isAssignableFrom(LinkedHashSet.class)) return new LinkedHashSet<>(items);
            if (type.isAssignableFrom(ArrayDeque.class)) return new ArrayDeque<>(items);
            if (type.isAssignableFrom(TreeSet.class)) return new TreeSet(items);
            if (type.isAssignableFrom(LinkedList.class)) return new LinkedList<>(items);
            if (Collection.class.isAssignableFrom(type) && type.getName().startsWith("java.util.")) {
                try {
                    Collection made = (Collection) type.getDeclaredConstructor().newInstance();
                    made.addAll(items);
                    return made;
                } catch (ReflectiveOperationException none) {
                    throw new Unfit(values, type);
                }
            }
            throw new Unfit(values, type);
        }

        @SuppressWarnings({"unchecked", "rawtypes"})
        private static Object map(Map<?, ?> values, Class<?> type, Type[] of) throws Unfit {
            Map made;
            if (type.isAssignableFrom(LinkedHashMap.class)) made = new LinkedHashMap();
            else if (type.isAssignableFrom(TreeMap.class)) made = new TreeMap();
            else throw new Unfit(values, type);
            for (Map.Entry<?, ?> entry : values.entrySet()) {
                Object key = entry.getKey();
                Class<?> wanted = of.length > 0 ? raw(of[0]) : Object.class;
                // JSON's keys are text.
                if (Number.class.isAssignableFrom(wanted) && wanted != Number.class) {
                    try {
                        BigDecimal exact = new BigDecimal((String) key);
                        key = exact.scale() <= 0 ? exact.toBigInteger() : (Object) exact.doubleValue();
                    } catch (NumberFormatException none) {
                        throw new Unfit(values, type);
                    }
                } else if (wanted == Boolean.class) key = Boolean.valueOf((String) key);
                made.put(convert(key, of.length > 0 ? of[0] : Object.class),
                         convert(entry.getValue(), of.length > 1 ? of[1] : Object.class));
            }
            return made;
        }

        /// What stands for a value where the function takes any.
        private static Object natural(Object value) {
            if (value instanceof BigInteger) {
                BigInteger whole = (BigInteger) value;
                if (whole.bitLength() < 32) return whole.intValue();
                return whole.bitLength() < 64 ? (Object) whole.longValue() : whole;
            }
            if (value instanceof List) {
                List<Object> items = new ArrayList<>();
                for (Object item : (List<?>) value) items.add(natural(item));
                return items;
            }
            if (value instanceof Map) {
                Map<Object, Object> made = new LinkedHashMap<>();
                ((Map<?, ?>) value).forEach((key, item) -> made.put(key, natural(item)));
                return made;
            }
            return value;
        }

        private static final class Reader {
            private final PushbackInputStream in;

            Reader(InputStream from) { in = new PushbackInputStream(new BufferedInputStream(from)); }

            boolean more() throws IOException {
                int next = in.read();
                if (next >= 0) in.unread(next);
                return next >= 0;
            }

            private int word() throws IOException {
                int value = 0;
                for (int shift = 0; shift < 32; shift += 8) value |= in.read() << shift;
                return value;
            }

            Object value() throws IOException {
                switch (in.read()) {
                    case 'N': return null;
                    case 'T': return true;
                    case 'F': return false;
                    case 'i': return BigInteger.valueOf(word());
                    case 'l': {
                        int count = word();
                        BigInteger value = BigInteger.ZERO;
                        for (int i = 0; i < Math.abs(count); i++)
                            value = value.or(BigInteger.valueOf(in.read() | in.read() << 8).shiftLeft(15 * i));
                        return count < 0 ? value.negate() : value;
                    }
                    case 'g': return Double.longBitsToDouble((word() & 0xffffffffL) | (long) word() << 32);
                    case 'u': return new String(in.readNBytes(word()), StandardCharsets.UTF_8);
                    case '[': {
                        List<Object> items = new ArrayList<>();
                        for (int count = word(); count > 0; count--) items.add(value());
                        return items;
                    }
                    case '{': {
                        Map<Object, Object> entries = new LinkedHashMap<>();
                        for (int next; (next = in.read()) != '0';) {
                            in.unread(next);
                            Object key = value();
                            entries.put(key, value());
                        }
                        return entries;
                    }
                    default: throw new IOException("a damaged call");
                }
            }
        }

        private static final class Writer {
            final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

            void tag(char tag) { bytes.write(tag); }

            void word(int value) {
                for (int shift = 0; shift < 32; shift += 8) bytes.write(value >>> shift);
            }

            private void text(String text) {
                byte[] data = text.getBytes(StandardCharsets.UTF_8);
                tag('u');
                word(data.length);
                bytes.writeBytes(data);
            }

            private void whole(BigInteger value) {
                if (value.bitLength() < 32) {
                    tag('i');
                    word(value.intValue());
                    return;
                }
                BigInteger rest = value.abs();
                int count = (rest.bitLength() + 14) / 15;
                tag('l');
                word(value.signum() < 0 ? -count : count);
                for (int i = 0; i < count; i++) {
                    int digit = rest.shiftRight(15 * i).intValue() & 32767;
                    bytes.write(digit);
                    bytes.write(digit >> 8);
                }
            }

            void put(Object value, int depth) throws Unplain {
                if (depth > 100) throw new Unplain("the result is nested too deeply");
                if (bytes.size() > 8 << 20) throw new Unplain("the result is too large");
                if (value == null) tag('N');
                else if (value instanceof Boolean) tag((Boolean) value ? 'T' : 'F');
                else if (value instanceof Integer || value instanceof Long || value instanceof Short
                         || value instanceof Byte) whole(BigInteger.valueOf(((Number) value).longValue()));
                else if (value.getClass() == BigInteger.class) whole((BigInteger) value);
                else if (value instanceof Double || value instanceof Float || value.getClass() == BigDecimal.class) {
                    long bits = Double.doubleToRawLongBits(((Number) value).doubleValue());
                    tag('g');
                    word((int) bits);
                    word((int) (bits >>> 32));
                } else if (value instanceof String || value instanceof Character || value instanceof StringBuilder)
                    text(value.toString());
                else if (value.getClass().isArray()) {
                    int count = Array.getLength(value);
                    tag('[');
                    word(count);
                    for (int i = 0; i < count; i++) put(Array.get(value, i), depth + 1);
                } else if (value instanceof Collection) {
                    Object[] items = ((Collection<?>) value).toArray();
                    tag(value instanceof Set ? '<' : '[');
                    word(items.length);
                    for (Object item : items) put(item, depth + 1);
                } else if (value instanceof Map) {
                    tag('{');
                    for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                        put(entry.getKey(), depth + 1);
                        put(entry.getValue(), depth + 1);
                    }
                    tag('0');
                } else if (value instanceof Optional) put(((Optional<?>) value).orElse(null), depth);
                else throw new Unplain("the result is not plain data but " + value.getClass().getName());
            }
        }
    }
    """#
