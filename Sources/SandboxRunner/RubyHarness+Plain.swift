/// Part one of the Ruby harness: messages, and plain data for values that a program returns.
///
/// The format is the one of the Python harness. A mark, `(` with a name first, stands for what is not plain: objects that
/// stay where they are, and the few types of the standard library that are built again on the other side.
let rubyPlain = #"""
    require 'set'
    require 'json'
    require 'date'
    require 'time'
    require 'bigdecimal'
    require 'stringio'

    module SlotHarness
      class Gone < Exception; end
      class NotPlain < StandardError; end

      module_function

      def read_message(io)
        size = io.read(4)
        raise Gone, 'the other process has ended' if size.nil? || size.bytesize < 4
        data = io.read(size.unpack1('V'))
        raise Gone, 'cut short' if data.nil?
        data
      end

      def write_message(io, data)
        data = data.b
        io.write([data.bytesize].pack('V') + data)
      rescue SystemCallError, IOError
        raise Gone, 'the other process has ended'
      end

      def describe(error)
        message = begin String(error.message) rescue 'an error' end
        places = (error.backtrace || []).select { |line| line.start_with?('program.rb') }.first(6)
        places = ["program.rb:#{$1}"] if places.empty? && message =~ /program\.rb:(\d+)/
        "#{places.first || 'program.rb'}: #{message} (#{error.class.name})\n#{places.drop(1).map { |line| "\tfrom #{line}\n" }.join}"
          .encode('UTF-8', invalid: :replace, undef: :replace).byteslice(0, 2000).scrub
      rescue Exception
        'an error that cannot be described'
      end

      class Encoder
        def initialize(&keep)
          @out = String.new(capacity: 256, encoding: Encoding::BINARY)
          @keep = keep
        end

        attr_reader :out

        def count(tag, number) = @out << tag << [number].pack('l<')

        def integer(value)
          if value >= -2147483648 && value <= 2147483647
            @out << 'i' << [value].pack('l<')
          else
            digits = []
            rest = value.abs
            while rest > 0
              digits << (rest & 32767)
              rest >>= 15
            end
            count('l', value < 0 ? -digits.size : digits.size)
            @out << digits.pack('v*')
          end
        end

        def string(value)
          text = value.encoding == Encoding::UTF_8 || value.encoding == Encoding::US_ASCII ? value : (value.encode('UTF-8') rescue value)
          bytes = value.encoding == Encoding::BINARY && value.ascii_only? ? value : text.b
          plain = text.encoding != Encoding::BINARY && text.valid_encoding? || bytes.ascii_only?
          count(plain ? 'u' : 's', bytes.bytesize)
          @out << bytes.b
        end

        def mark(*items)
          count('(', items.size)
          items.each { |item| put(item, 0) }
        end

        def items(tag, values, depth)
          count(tag, values.size)
          values.each { |item| put(item, depth + 1) }
        end

        def put(value, depth = 0)
          raise NotPlain, 'nested too deeply' if depth > 200
          case SlotHarness.kind(value)
          when :nil then @out << 'N'
          when :true then @out << 'T'
          when :false then @out << 'F'
          when :integer then integer(value)
          when :float then @out << 'g' << [value].pack('E')
          when :string then string(value)
          when :array then items('[', value, depth)
          when :hash
            @out << '{'
            value.each_pair { |key, item| put(key, depth + 1); put(item, depth + 1) }
            @out << '0'
          else @keep.call(self, value, depth)
          end
        end
      end

      KINDS = {
        NilClass => :nil, TrueClass => :true, FalseClass => :false, Integer => :integer, Float => :float,
        String => :string, Array => :array, Hash => :hash
      }.compare_by_identity
      CLASS = Kernel.instance_method(:class)
      def kind(value) = KINDS[CLASS.bind_call(value)]

      # For a judge that knows JSON only.
      def only_plain(encoder, value, depth)
        type = CLASS.bind_call(value)
        if type.equal?(Symbol) then encoder.string(value.name)
        elsif type.equal?(Set) then encoder.items('<', value.to_a, depth)
        elsif type.equal?(Range) && Integer === value.begin && Integer === value.end && value.size < 1_000_000
          encoder.items('[', value.to_a, depth)
        elsif type.equal?(Enumerator) || type.equal?(Enumerator::Lazy) then encoder.items('[', value.first(1_000_000), depth)
        else raise NotPlain, "a value of class #{type} is not plain data"
        end
      end

      # For the process at the other end: what both can build, or a number for what stays here.
      def portable(encoder, value, depth)
        type = CLASS.bind_call(value)
        if type.equal?(Symbol) then encoder.mark('sym', value.name)
        elsif type.equal?(Set)
          encoder.count('(', 2)
          encoder.put('set')
          encoder.items('[', value.to_a, depth)
        elsif type.equal?(Range)
          encoder.count('(', 4)
          encoder.put('range')
          [value.begin, value.end, value.exclude_end?].each { |item| encoder.put(item, depth + 1) }
        elsif type.equal?(Rational) then encoder.mark('rational', value.numerator, value.denominator)
        elsif type.equal?(Complex) then encoder.mark('complex', value.real, value.imaginary)
        elsif type.equal?(BigDecimal) then encoder.mark('decimal', value.to_s)
        elsif type.equal?(Date) then encoder.mark('date', value.iso8601)
        elsif type.equal?(Time) then encoder.mark('time', value.to_r.numerator, value.to_r.denominator, value.utc_offset)
        elsif type.equal?(Regexp) then encoder.mark('regexp', value.source, value.options)
        else return false
        end
        true
      end

      class Decoder
        def initialize(data, &special)
          @data, @at, @special = data.b, 0, special
        end

        def take(count)
          raise Gone, 'cut short' if count < 0 || @at + count > @data.bytesize
          part = @data.byteslice(@at, count)
          @at += count
          part
        end

        def number = take(4).unpack1('l<')

        def items(depth)
          count = number
          raise Gone, 'a length that cannot be' if count < 0 || count > @data.bytesize - @at
          Array.new(count) { value(depth + 1) }
        end

        def big
          count = number
          total = take(2 * count.abs).unpack('v*').reverse.inject(0) { |sum, digit| sum << 15 | digit & 32767 }
          count < 0 ? -total : total
        end

        def mapping(depth)
          result = {}
          until @data.getbyte(@at) == 48
            key = value(depth + 1)
            result[key] = value(depth + 1)
          end
          @at += 1
          result
        end

        def value(depth = 0)
          raise Gone, 'nested too deeply' if depth > 300
          case take(1)
          when 'i' then number
          when 'u' then take(number).force_encoding('UTF-8')
          when 's' then take(number)
          when 'N' then nil
          when 'T' then true
          when 'F' then false
          when 'g' then take(8).unpack1('E')
          when 'l' then big
          when '[' then items(depth)
          when '{' then mapping(depth)
          when '(' then special(items(depth))
          else raise Gone, 'a value of an unknown kind'
          end
        end

        def special(items)
          case items[0]
          when 'sym' then String(items[1]).to_sym
          when 'set' then Set.new(items[1])
          when 'range' then Range.new(items[1], items[2], items[3])
          when 'rational' then Rational(Integer(items[1]), Integer(items[2]))
          when 'complex' then Complex(items[1], items[2])
          when 'decimal' then BigDecimal(items[1])
          when 'date' then Date.iso8601(items[1])
          when 'time' then Time.at(Rational(items[1], items[2]), in: items[3])
          when 'regexp' then Regexp.new(items[1], items[2])
          else @special ? @special.call(items) : items
          end
        end

        def whole
          result = value
          raise Gone, 'too much data' if @at != @data.bytesize
          result
        rescue TypeError, ArgumentError, RangeError, ZeroDivisionError, RegexpError => error
          raise Gone, "not plain data: #{error.message}"
        end
      end
    end
    """#
