/// Part three of the Ruby harness: the child that runs tests, which never holds the program, and what starts it all.
let rubyTester = #"""

    module SlotHarness
      class AssertionFailed < StandardError; end

      # The tester's end of the line to the program's process.
      class Link
        def initialize(io)
          @io, @functions, @remotes = io, [], {}
          @errors = {}.compare_by_identity
        end

        # What the program's own trouble looked like; nil for an error that is the test's.
        def trace(error) = @errors[error]

        def encode(value)
          encoder = Encoder.new do |out, item, depth|
            if Remote === item then out.mark('object', Remote.number(item))
            elsif SlotHarness.portable(out, item, depth) then nil
            elsif Proc === item || Method === item
              @functions << item
              out.mark('function', @functions.size - 1)
            elsif Module === item then out.mark('constant', item.name)
            else raise TypeError, "a value of class #{item.class} cannot be passed to the program"
            end
          end
          encoder.put(value)
          encoder.out
        end

        def special(items)
          case items[0]
          when 'object', 'error' then @remotes[Integer(items[1])] ||= Remote.make(self, Integer(items[1]))
          else raise Gone, 'an unknown mark'
          end
        end

        def decode(data) = Decoder.new(data) { |items| special(items) }.whole

        def gone? = @gone

        def ask(verb, target, arguments = [])
          exchange(verb, target, arguments)
        rescue Gone
          @gone = true
          raise
        end

        def exchange(verb, target, arguments)
          SlotHarness.write_message(@io, encode([verb, target, arguments]))
          loop do
            reply = SlotHarness.read_message(@io)
            case reply.byteslice(0, 1)
            when 'B'
              number, given = decode(reply.byteslice(1..))
              SlotHarness.write_message(@io, encode(@functions.fetch(Integer(number)).call(*given)))
            when 'V' then return decode(reply.byteslice(1..))
            when 'X' then raise error(*decode(reply.byteslice(1..)))
            else raise Gone, 'an answer of an unknown kind'
            end
          end
        end

        def error(names, message, trace)
          kind = Array(names).lazy.map { |name| Object.const_get(name) rescue nil }
                             .find { |known| Class === known && known <= StandardError && !(known <= AssertionFailed) }
          found = begin (kind || StandardError).new(String(message)) rescue StandardError.new(String(message)) end
          @errors[found] = String(trace)
          found
        end
      end

      # Something that lives in the program's process. It never takes part in a comparison, in arithmetic or in a
      # conversion: those would let the program decide what a test finds.
      class Remote < BasicObject
        KEPT = %w[== != ! equal? <=> === =~ eql? hash coerce nil? to_ary to_a to_str to_int to_i to_f to_hash to_h to_proc
                  + - * / % ** < > <= >= & | ^ << >> -@ +@ ~ is_a? kind_of? instance_of? class respond_to?].freeze

        def self.make(link, number)
          made = allocate
          made.__send__(:bind_to, link, number)
          made
        end

        def self.number(remote) = remote.__send__(:own_number)
        def self.===(other) = ::SlotHarness::CLASS.bind_call(other).equal?(self)

        def hash = @number
        def eql?(other) = equal?(other)
        def ==(other) = equal?(other)
        def nil? = false
        def class = Remote
        def inspect = ::Kernel.String(@link.ask('text', @number, ['inspect']))
        def to_s = ::Kernel.String(@link.ask('text', @number, ['to_s']))
        def <<(value) = @link.ask('send', @number, ['<<', [value], {}, nil])

        def respond_to?(name, _all = false) = !KEPT.include?(name.to_s) && @link.ask('send', @number, ['respond_to?', [name.to_s], {}, nil])

        def is_a?(kind) = Remote === kind && @link.ask('send', @number, ['is_a?', [kind], {}, nil])

        private

        def bind_to(link, number)
          @link, @number = link, number
        end

        def own_number = @number

        def method_missing(name, *positional, **named, &block)
          if KEPT.include?(name.to_s)
            ::Kernel.raise ::TypeError, "an object of the program's takes no part in #{name}"
          end
          @link.ask('send', @number, [name.to_s, positional, named.transform_keys(&:to_s), block])
        end
      end

      module_function

      # Kernel's own functions that a program may define for itself, because no test rests on them.
      REPLACEABLE = %w[test select syscall system spawn fork trap srand display].freeze

      def meet_program(link, tests)
        methods, constants = link.ask('names', nil)
        constants = Array(constants).map { |name| String(name) }
        asked = tests.filter_map { |kind, code| code[/\A\s*\(?\s*(\w+[?!]?)\s*\(/, 1] if kind == 'assert' }
        Array(methods).map { |name| String(name) }.each do |name|
          next if OWN_METHODS.key?(name.to_sym) && !REPLACEABLE.include?(name) && !asked.include?(name)
          next unless name.match?(/\A[A-Za-z_]\w*[?!=]?\z/)
          # Only what a test names: Ruby itself looks for `to_str` and the like.
          next unless tests.any? { |_, code| code.match?(/(?<!\w)#{Regexp.escape(name)}(?!\w)/) }
          Object.define_method(name) do |*positional, **named, &block|
            link.ask('call', name, [positional, named.transform_keys(&:to_s), block])
          end
          Object.send(:private, name)
        end
        Object.define_singleton_method(:const_missing) do |name|
          constants.include?(name.to_s) ? link.ask('constant', name.to_s) : super(name)
        end
      end

      # Whether a test failed for want of what it calls: the program defines no such method or constant.
      def lacks?(error)
        return false unless NameError === error
        return Object.equal?(error.receiver) && error.name.to_s.match?(/\A[A-Z]/) unless NoMethodError === error
        TOPLEVEL_BINDING.receiver.equal?(error.receiver)
      rescue ArgumentError
        false
      end

      def run_tests
        channel = IO.for_fd(3, 'r+b', autoclose: false)
        channel.sync = true
        nonce, tests = Decoder.new(read_message(channel)).whole
        io = IO.for_fd(200, 'r+b', autoclose: false)
        io.sync = true
        link = Link.new(io)
        say = proc do |tag, number, text = ''|
          # A test may have caught the news.
          tag = 'g' if link.gone?
          write_message(channel, nonce.b + [number].pack('V') + tag + text.encode('UTF-8', invalid: :replace, undef: :replace).b.byteslice(0, 2000))
        end
        begin
          # Not before the program has loaded: the end of the tests is its end too.
          meet_program(link, tests)
        rescue Gone => error
          return say.call('g', 0, error.message)
        end
        tests.each_with_index do |(kind, code), number|
          begin
            instructions = RubyVM::InstructionSequence.compile(code, 'test.rb', 'test.rb', 1)
          rescue SyntaxError => error
            say.call('t', number, error.message)
            next
          end
          begin
            value = instructions.eval
            # A statement that ends well is often worth nil.
            failed = kind == 'assert' && (value == false || (value.nil? && code !~ /\b(raise|assert\w*|fail|unless|if)\b/))
            say.call(failed ? 'f' : 'p', number, failed ? 'the assertion does not hold' : '')
          rescue Gone => error
            say.call('g', number, error.message)
          rescue SystemExit => error
            say.call(error.success? ? 'p' : 'f', number, "the test exited with #{error.status}")
          rescue Exception => error
            trace = link.trace(error)
            tag = trace ? (trace.include?('(NoMemoryError)') ? 'm' : 'x') : (lacks?(error) ? 'x' : 'f')
            say.call(tag, number, trace || "#{error.class}: #{error.message}")
          end
          break if link.gone?
        end
        say.call('d', tests.size)
      end
    end

    # What tests may use.
    class Object
      private

      def assert(held, message = 'an assertion does not hold')
        held or raise SlotHarness::AssertionFailed, message.to_s
        true
      end

      def assert_equal(expected, found, message = nil)
        assert(expected == found, message || "expected #{expected.inspect}, found #{found.inspect}")
      end
    end
    """#

/// Part four: pid 1 of a Ruby slot, which forks the other two.
let rubyZygote = #"""

    warm = 'def warm_up(x) = x.map { |y| y.to_s }.join(","); warm_up([1, 2.5]); {a: 1}.inspect; "%05.2f" % 3.14159; Set.new([1])'
    RubyVM::InstructionSequence.compile(warm, 'warm', 'warm', 1).eval
    Object.send(:remove_method, :warm_up)
    encoder = SlotHarness::Encoder.new { |*rest| SlotHarness.only_plain(*rest) }
    encoder.put([1, 'a', { 'b' => 2.0 }, 1 << 70, nil, true])
    SlotHarness::Decoder.new(encoder.out).whole
    begin raise 'warm' rescue SlotHarness.describe($!) end
    ENV.delete('GEM_HOME')
    3.times { GC.start }
    fork
    role = ENV.delete('ZYGOTE_ROLE')
    srand(0)
    if role == '-1'
      begin SlotHarness.run_tests rescue Exception exit!(78) end
      exit!(0)
    end
    [:assert, :assert_equal].each { |name| Object.send(:remove_method, name) }
    given = SlotHarness.body
    case role
    when '0' then SlotHarness.compiled(given[0])
    when '1' then SlotHarness.run_calls(*given)
    when '2' then SlotHarness.run_server(given[0])
    end
    if role != '3'
      STDOUT.flush rescue nil
      exit!(0)
    end
    SlotHarness.run_program(*given)
    """#
