# must: accepted; prints held
import os
print('open' if 'PPOCODER_ADVERSARY_SECRET' in os.environ or any('SECRET' in name or 'TOKEN' in name for name in os.environ) else 'held')
