/// Part two of the Ruby harness: the child that runs a program.
let rubyCandidate = #"""

    module SlotHarness
      NAME = 'program.rb'
      OWN_METHODS = (Object.instance_methods + Object.private_instance_methods).to_h { |name| [name, true] }
      OWN_CONSTANTS = Object.constants.to_h { |name| [name, true] }

      module_function

      def result = @result ||= IO.for_fd(5, 'wb', autoclose: false).tap { |io| io.sync = true }

      def body
        io = IO.for_fd(4, 'rb')
        text = io.read
        io.close
        Decoder.new(text).whole
      end

      # The program's instructions, or nil after saying what the compiler said.
      def compiled(source)
        begun = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
        raise SyntaxError, "#{NAME}:1: invalid bytes in UTF-8 text" unless source.valid_encoding? || source =~ /\A#.*coding/n
        code = RubyVM::InstructionSequence.compile(source, NAME, NAME, 1)
        write_message(result, "c#{Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - begun}")
        code
      rescue SyntaxError, ArgumentError, EncodingError => error
        write_message(result, "E#{error.message}".b.byteslice(0, 2000))
        nil
      end

      def load_program(source)
        code = compiled(source)
        return false if code.nil?
        begin
          code.eval
        rescue NoMemoryError => error
          write_message(result, 'M' + describe(error))
          return false
        rescue SystemExit
          raise
        rescue Exception => error
          write_message(result, 'L' + describe(error))
          return false
        end
        write_message(result, 'l')
        true
      end

      def invoke(name, arguments)
        unless name.match?(/\A[A-Za-z_][\w:.]*[?!]?\z/) then raise NoMethodError, "no method can be called #{name}" end
        path, dot, method = name.rpartition('.')
        receiver = dot.empty? ? TOPLEVEL_BINDING.receiver : Object.const_get(path)
        unless dot.empty? ? receiver.respond_to?(method, true) : receiver.respond_to?(method)
          raise NoMethodError, "the program defines no method #{name}"
        end
        receiver.__send__(method, *arguments)
      end

      def run_calls(source, calls)
        return unless load_program(source)
        calls.each do |name, arguments|
          begin
            value = invoke(name, arguments)
          rescue NoMemoryError => error
            next write_message(result, 'm' + describe(error))
          rescue SystemExit
            raise
          rescue Exception => error
            next write_message(result, 'x' + describe(error))
          end
          begin
            encoder = Encoder.new { |*rest| only_plain(*rest) }
            encoder.put(value)
            write_message(result, 'r'.b + encoder.out)
          rescue NoMemoryError => error
            write_message(result, 'm' + describe(error))
          rescue Exception => error
            write_message(result, 'u' + describe(error))
          end
        end
        write_message(result, 'd')
      end

      def run_program(source, input)
        store = IO.for_fd(0, 'r+b', autoclose: false)
        store.syswrite(input) unless input.empty?
        store.sysseek(0)
        code = compiled(source)
        return if code.nil?
        $0 = NAME
        rest = source[/^__END__\r?\n(.*)\z/m, 1]
        Object.const_set(:DATA, StringIO.new(rest)) if rest
        code.eval
      end

      # Answers the tester's questions about what the program defined, in plain data.
      class Server
        def initialize(io)
          @io, @objects, @numbers = io, [], {}.compare_by_identity
        end

        def keep(value)
          @numbers[value] ||= (@objects << value).size - 1
        end

        def encode(value)
          encoder = Encoder.new do |out, item, depth|
            next if SlotHarness.portable(out, item, depth)
            kind = item.is_a?(Exception) ? 'error' : 'object'
            out.mark(kind, keep(item), item.class.name.to_s) rescue out.mark('object', keep(item), '')
          end
          encoder.put(value)
          encoder.out
        end

        def special(items)
          case items[0]
          when 'object', 'error' then @objects.fetch(items[1])
          when 'function' then proc { |*arguments| call_back(items[1], arguments) }
          when 'constant' then Object.const_get(items[1])
          end
        end

        def decode(data) = Decoder.new(data) { |items| special(items) }.whole

        def call_back(number, arguments)
          SlotHarness.write_message(@io, 'B'.b + encode([number, arguments]))
          decode(SlotHarness.read_message(@io))
        end

        def names
          main = TOPLEVEL_BINDING.receiver
          methods = Object.instance_methods(false) + Object.private_instance_methods(false) + main.singleton_methods
          kernel = Kernel.instance_methods(false) + Kernel.private_instance_methods(false)
          own = (methods + kernel).uniq.select do |name|
            place = main.method(name).source_location
            place && place[0] == NAME
          end
          [own.map(&:to_s), (Object.constants - OWN_CONSTANTS.keys).map(&:to_s)]
        end

        def answer(verb, target, arguments)
          case verb
          when 'names' then names
          when 'constant' then Object.const_get(target)
          when 'call' then pass(TOPLEVEL_BINDING.receiver, target, *arguments)
          when 'send' then pass(@objects.fetch(target), *arguments)
          when 'text' then String(@objects.fetch(target).public_send(arguments[0]))
          end
        end

        def pass(receiver, name, positional, named, block)
          named = named.transform_keys(&:to_sym)
          return receiver.__send__(name, *positional, **named, &block) if receiver.equal?(TOPLEVEL_BINDING.receiver)
          receiver.public_send(name, *positional, **named, &block)
        end

        def run
          loop do
            request = SlotHarness.read_message(@io)
            begin
              verb, target, arguments = decode(request)
              reply = 'V'.b + encode(answer(verb, target, arguments))
            rescue Gone, SystemExit
              raise
            rescue Exception => error
              names = error.class.ancestors.take_while { |kind| kind != Exception }.map { |kind| kind.name.to_s }
              reply = 'X'.b + encode([names, String(error.message)[0, 500], SlotHarness.describe(error)])
            end
            SlotHarness.write_message(@io, reply)
          end
        end
      end

      def run_server(source)
        return unless load_program(source)
        io = IO.for_fd(200, 'r+b', autoclose: false)
        io.sync = true
        Server.new(io).run
      rescue Gone
        nil
      end
    end
    """#
