/*!
This file contains:

buffer-equal-constant-time 1.0.1 (BSD-3-Clause)

Copyright (c) 2013, GoInstant Inc., a salesforce.com company
All rights reserved.

Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following conditions are met:

* Redistributions of source code must retain the above copyright notice, this list of conditions and the following disclaimer.

* Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following disclaimer in the documentation and/or other materials provided with the distribution.

* Neither the name of salesforce.com, nor GoInstant, nor the names of its contributors may be used to endorse or promote products derived from this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.

---

ecdsa-sig-formatter 1.0.11 (Apache-2.0)

Apache License
                           Version 2.0, January 2004
                        http://www.apache.org/licenses/

   TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION

   1. Definitions.

      "License" shall mean the terms and conditions for use, reproduction,
      and distribution as defined by Sections 1 through 9 of this document.

      "Licensor" shall mean the copyright owner or entity authorized by
      the copyright owner that is granting the License.

      "Legal Entity" shall mean the union of the acting entity and all
      other entities that control, are controlled by, or are under common
      control with that entity. For the purposes of this definition,
      "control" means (i) the power, direct or indirect, to cause the
      direction or management of such entity, whether by contract or
      otherwise, or (ii) ownership of fifty percent (50%) or more of the
      outstanding shares, or (iii) beneficial ownership of such entity.

      "You" (or "Your") shall mean an individual or Legal Entity
      exercising permissions granted by this License.

      "Source" form shall mean the preferred form for making modifications,
      including but not limited to software source code, documentation
      source, and configuration files.

      "Object" form shall mean any form resulting from mechanical
      transformation or translation of a Source form, including but
      not limited to compiled object code, generated documentation,
      and conversions to other media types.

      "Work" shall mean the work of authorship, whether in Source or
      Object form, made available under the License, as indicated by a
      copyright notice that is included in or attached to the work
      (an example is provided in the Appendix below).

      "Derivative Works" shall mean any work, whether in Source or Object
      form, that is based on (or derived from) the Work and for which the
      editorial revisions, annotations, elaborations, or other modifications
      represent, as a whole, an original work of authorship. For the purposes
      of this License, Derivative Works shall not include works that remain
      separable from, or merely link (or bind by name) to the interfaces of,
      the Work and Derivative Works thereof.

      "Contribution" shall mean any work of authorship, including
      the original version of the Work and any modifications or additions
      to that Work or Derivative Works thereof, that is intentionally
      submitted to Licensor for inclusion in the Work by the copyright owner
      or by an individual or Legal Entity authorized to submit on behalf of
      the copyright owner. For the purposes of this definition, "submitted"
      means any form of electronic, verbal, or written communication sent
      to the Licensor or its representatives, including but not limited to
      communication on electronic mailing lists, source code control systems,
      and issue tracking systems that are managed by, or on behalf of, the
      Licensor for the purpose of discussing and improving the Work, but
      excluding communication that is conspicuously marked or otherwise
      designated in writing by the copyright owner as "Not a Contribution."

      "Contributor" shall mean Licensor and any individual or Legal Entity
      on behalf of whom a Contribution has been received by Licensor and
      subsequently incorporated within the Work.

   2. Grant of Copyright License. Subject to the terms and conditions of
      this License, each Contributor hereby grants to You a perpetual,
      worldwide, non-exclusive, no-charge, royalty-free, irrevocable
      copyright license to reproduce, prepare Derivative Works of,
      publicly display, publicly perform, sublicense, and distribute the
      Work and such Derivative Works in Source or Object form.

   3. Grant of Patent License. Subject to the terms and conditions of
      this License, each Contributor hereby grants to You a perpetual,
      worldwide, non-exclusive, no-charge, royalty-free, irrevocable
      (except as stated in this section) patent license to make, have made,
      use, offer to sell, sell, import, and otherwise transfer the Work,
      where such license applies only to those patent claims licensable
      by such Contributor that are necessarily infringed by their
      Contribution(s) alone or by combination of their Contribution(s)
      with the Work to which such Contribution(s) was submitted. If You
      institute patent litigation against any entity (including a
      cross-claim or counterclaim in a lawsuit) alleging that the Work
      or a Contribution incorporated within the Work constitutes direct
      or contributory patent infringement, then any patent licenses
      granted to You under this License for that Work shall terminate
      as of the date such litigation is filed.

   4. Redistribution. You may reproduce and distribute copies of the
      Work or Derivative Works thereof in any medium, with or without
      modifications, and in Source or Object form, provided that You
      meet the following conditions:

      (a) You must give any other recipients of the Work or
          Derivative Works a copy of this License; and

      (b) You must cause any modified files to carry prominent notices
          stating that You changed the files; and

      (c) You must retain, in the Source form of any Derivative Works
          that You distribute, all copyright, patent, trademark, and
          attribution notices from the Source form of the Work,
          excluding those notices that do not pertain to any part of
          the Derivative Works; and

      (d) If the Work includes a "NOTICE" text file as part of its
          distribution, then any Derivative Works that You distribute must
          include a readable copy of the attribution notices contained
          within such NOTICE file, excluding those notices that do not
          pertain to any part of the Derivative Works, in at least one
          of the following places: within a NOTICE text file distributed
          as part of the Derivative Works; within the Source form or
          documentation, if provided along with the Derivative Works; or,
          within a display generated by the Derivative Works, if and
          wherever such third-party notices normally appear. The contents
          of the NOTICE file are for informational purposes only and
          do not modify the License. You may add Your own attribution
          notices within Derivative Works that You distribute, alongside
          or as an addendum to the NOTICE text from the Work, provided
          that such additional attribution notices cannot be construed
          as modifying the License.

      You may add Your own copyright statement to Your modifications and
      may provide additional or different license terms and conditions
      for use, reproduction, or distribution of Your modifications, or
      for any such Derivative Works as a whole, provided Your use,
      reproduction, and distribution of the Work otherwise complies with
      the conditions stated in this License.

   5. Submission of Contributions. Unless You explicitly state otherwise,
      any Contribution intentionally submitted for inclusion in the Work
      by You to the Licensor shall be under the terms and conditions of
      this License, without any additional terms or conditions.
      Notwithstanding the above, nothing herein shall supersede or modify
      the terms of any separate license agreement you may have executed
      with Licensor regarding such Contributions.

   6. Trademarks. This License does not grant permission to use the trade
      names, trademarks, service marks, or product names of the Licensor,
      except as required for reasonable and customary use in describing the
      origin of the Work and reproducing the content of the NOTICE file.

   7. Disclaimer of Warranty. Unless required by applicable law or
      agreed to in writing, Licensor provides the Work (and each
      Contributor provides its Contributions) on an "AS IS" BASIS,
      WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or
      implied, including, without limitation, any warranties or conditions
      of TITLE, NON-INFRINGEMENT, MERCHANTABILITY, or FITNESS FOR A
      PARTICULAR PURPOSE. You are solely responsible for determining the
      appropriateness of using or redistributing the Work and assume any
      risks associated with Your exercise of permissions under this License.

   8. Limitation of Liability. In no event and under no legal theory,
      whether in tort (including negligence), contract, or otherwise,
      unless required by applicable law (such as deliberate and grossly
      negligent acts) or agreed to in writing, shall any Contributor be
      liable to You for damages, including any direct, indirect, special,
      incidental, or consequential damages of any character arising as a
      result of this License or out of the use or inability to use the
      Work (including but not limited to damages for loss of goodwill,
      work stoppage, computer failure or malfunction, or any and all
      other commercial damages or losses), even if such Contributor
      has been advised of the possibility of such damages.

   9. Accepting Warranty or Additional Liability. While redistributing
      the Work or Derivative Works thereof, You may choose to offer,
      and charge a fee for, acceptance of support, warranty, indemnity,
      or other liability obligations and/or rights consistent with this
      License. However, in accepting such obligations, You may act only
      on Your own behalf and on Your sole responsibility, not on behalf
      of any other Contributor, and only if You agree to indemnify,
      defend, and hold each Contributor harmless for any liability
      incurred by, or claims asserted against, such Contributor by reason
      of your accepting any such warranty or additional liability.

   END OF TERMS AND CONDITIONS

   APPENDIX: How to apply the Apache License to your work.

      To apply the Apache License to your work, attach the following
      boilerplate notice, with the fields enclosed by brackets "{}"
      replaced with your own identifying information. (Don't include
      the brackets!)  The text should be enclosed in the appropriate
      comment syntax for the file format. We also recommend that a
      file or class name and description of purpose be included on the
      same "printed page" as the copyright notice for easier
      identification within third-party archives.

   Copyright 2015 D2L Corporation

   Licensed under the Apache License, Version 2.0 (the "License");
   you may not use this file except in compliance with the License.
   You may obtain a copy of the License at

       http://www.apache.org/licenses/LICENSE-2.0

   Unless required by applicable law or agreed to in writing, software
   distributed under the License is distributed on an "AS IS" BASIS,
   WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
   See the License for the specific language governing permissions and
   limitations under the License.

---

jsonwebtoken 9.0.3 (MIT)

The MIT License (MIT)
 
Copyright (c) 2015 Auth0, Inc. <support@auth0.com> (http://auth0.com)
 
Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:
 
The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.
 
THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.

---

jwa 2.0.1 (MIT)

Copyright (c) 2013 Brian J. Brennan

Permission is hereby granted, free of charge, to any person obtaining a copy 
of this software and associated documentation files (the "Software"), to deal in 
the Software without restriction, including without limitation the rights to use, 
copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the 
Software, and to permit persons to whom the Software is furnished to do so, 
subject to the following conditions:

The above copyright notice and this permission notice shall be included in all 
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, 
INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR 
PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

---

jws 4.0.1 (MIT)

Copyright (c) 2013 Brian J. Brennan

Permission is hereby granted, free of charge, to any person obtaining a copy 
of this software and associated documentation files (the "Software"), to deal in 
the Software without restriction, including without limitation the rights to use, 
copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the 
Software, and to permit persons to whom the Software is furnished to do so, 
subject to the following conditions:

The above copyright notice and this permission notice shall be included in all 
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, 
INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR 
PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

---

lodash.includes 4.3.0 (MIT)

Copyright jQuery Foundation and other contributors <https://jquery.org/>

Based on Underscore.js, copyright Jeremy Ashkenas,
DocumentCloud and Investigative Reporters & Editors <http://underscorejs.org/>

This software consists of voluntary contributions made by many
individuals. For exact contribution history, see the revision history
available at https://github.com/lodash/lodash

The following license applies to all parts of this software except as
documented below:

====

Permission is hereby granted, free of charge, to any person obtaining
a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be
included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION
OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

====

Copyright and related rights for sample code are waived via CC0. Sample
code is defined as all source code displayed within the prose of the
documentation.

CC0: http://creativecommons.org/publicdomain/zero/1.0/

====

Files located in the node_modules and vendor directories are externally
maintained libraries used by this software which have their own
licenses; we recommend you read them, as their terms may differ from the
terms above.

---

lodash.isboolean 3.0.3 (MIT)

Copyright 2012-2016 The Dojo Foundation <http://dojofoundation.org/>
Based on Underscore.js, copyright 2009-2016 Jeremy Ashkenas,
DocumentCloud and Investigative Reporters & Editors <http://underscorejs.org/>

Permission is hereby granted, free of charge, to any person obtaining
a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be
included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION
OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

---

lodash.isinteger 4.0.4 (MIT)

Copyright jQuery Foundation and other contributors <https://jquery.org/>

Based on Underscore.js, copyright Jeremy Ashkenas,
DocumentCloud and Investigative Reporters & Editors <http://underscorejs.org/>

This software consists of voluntary contributions made by many
individuals. For exact contribution history, see the revision history
available at https://github.com/lodash/lodash

The following license applies to all parts of this software except as
documented below:

====

Permission is hereby granted, free of charge, to any person obtaining
a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be
included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION
OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

====

Copyright and related rights for sample code are waived via CC0. Sample
code is defined as all source code displayed within the prose of the
documentation.

CC0: http://creativecommons.org/publicdomain/zero/1.0/

====

Files located in the node_modules and vendor directories are externally
maintained libraries used by this software which have their own
licenses; we recommend you read them, as their terms may differ from the
terms above.

---

lodash.isnumber 3.0.3 (MIT)

Copyright 2012-2016 The Dojo Foundation <http://dojofoundation.org/>
Based on Underscore.js, copyright 2009-2016 Jeremy Ashkenas,
DocumentCloud and Investigative Reporters & Editors <http://underscorejs.org/>

Permission is hereby granted, free of charge, to any person obtaining
a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be
included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION
OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

---

lodash.isplainobject 4.0.6 (MIT)

Copyright jQuery Foundation and other contributors <https://jquery.org/>

Based on Underscore.js, copyright Jeremy Ashkenas,
DocumentCloud and Investigative Reporters & Editors <http://underscorejs.org/>

This software consists of voluntary contributions made by many
individuals. For exact contribution history, see the revision history
available at https://github.com/lodash/lodash

The following license applies to all parts of this software except as
documented below:

====

Permission is hereby granted, free of charge, to any person obtaining
a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be
included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION
OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

====

Copyright and related rights for sample code are waived via CC0. Sample
code is defined as all source code displayed within the prose of the
documentation.

CC0: http://creativecommons.org/publicdomain/zero/1.0/

====

Files located in the node_modules and vendor directories are externally
maintained libraries used by this software which have their own
licenses; we recommend you read them, as their terms may differ from the
terms above.

---

lodash.isstring 4.0.1 (MIT)

Copyright 2012-2016 The Dojo Foundation <http://dojofoundation.org/>
Based on Underscore.js, copyright 2009-2016 Jeremy Ashkenas,
DocumentCloud and Investigative Reporters & Editors <http://underscorejs.org/>

Permission is hereby granted, free of charge, to any person obtaining
a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be
included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION
OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

---

lodash.once 4.1.1 (MIT)

Copyright jQuery Foundation and other contributors <https://jquery.org/>

Based on Underscore.js, copyright Jeremy Ashkenas,
DocumentCloud and Investigative Reporters & Editors <http://underscorejs.org/>

This software consists of voluntary contributions made by many
individuals. For exact contribution history, see the revision history
available at https://github.com/lodash/lodash

The following license applies to all parts of this software except as
documented below:

====

Permission is hereby granted, free of charge, to any person obtaining
a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including
without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to
permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be
included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION
OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

====

Copyright and related rights for sample code are waived via CC0. Sample
code is defined as all source code displayed within the prose of the
documentation.

CC0: http://creativecommons.org/publicdomain/zero/1.0/

====

Files located in the node_modules and vendor directories are externally
maintained libraries used by this software which have their own
licenses; we recommend you read them, as their terms may differ from the
terms above.

---

ms 2.1.3 (MIT)

The MIT License (MIT)

Copyright (c) 2020 Vercel, Inc.

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.

---

safe-buffer 5.2.1 (MIT)

The MIT License (MIT)

Copyright (c) Feross Aboukhadijeh

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.

---

semver 7.8.6 (ISC)

The ISC License

Copyright (c) Isaac Z. Schlueter and Contributors

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR
IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
*/
var crypto = require('crypto').webcrypto;
var f=(e,r)=>()=>{try{return r||e((r={exports:{}}).exports,r),r.exports}catch(t){throw r=0,t}};var B=f((Pe,qr)=>{/*! safe-buffer. MIT License. Feross Aboukhadijeh <https://feross.org/opensource> */var te=require("buffer"),O=te.Buffer;function Lr(e,r){for(var t in e)r[t]=e[t]}O.from&&O.alloc&&O.allocUnsafe&&O.allocUnsafeSlow?qr.exports=te:(Lr(te,Pe),Pe.Buffer=C);function C(e,r,t){return O(e,r,t)}C.prototype=Object.create(O.prototype);Lr(O,C);C.from=function(e,r,t){if(typeof e=="number")throw new TypeError("Argument must not be a number");return O(e,r,t)};C.alloc=function(e,r,t){if(typeof e!="number")throw new TypeError("Argument must be a number");var n=O(e);return r!==void 0?typeof t=="string"?n.fill(r,t):n.fill(r):n.fill(0),n};C.allocUnsafe=function(e){if(typeof e!="number")throw new TypeError("Argument must be a number");return O(e)};C.allocUnsafeSlow=function(e){if(typeof e!="number")throw new TypeError("Argument must be a number");return te.SlowBuffer(e)}});var je=f((Kl,Or)=>{var ne=B().Buffer,wi=require("stream"),Ii=require("util");function se(e){if(this.buffer=null,this.writable=!0,this.readable=!0,!e)return this.buffer=ne.alloc(0),this;if(typeof e.pipe=="function")return this.buffer=ne.alloc(0),e.pipe(this),this;if(e.length||typeof e=="object")return this.buffer=e,this.writable=!1,process.nextTick(function(){this.emit("end",e),this.readable=!1,this.emit("close")}.bind(this)),this;throw new TypeError("Unexpected data type ("+typeof e+")")}Ii.inherits(se,wi);se.prototype.write=function(r){this.buffer=ne.concat([this.buffer,ne.from(r)]),this.emit("data",r)};se.prototype.end=function(r){r&&this.write(r),this.emit("end",r),this.emit("close"),this.writable=!1,this.readable=!1};Or.exports=se});var xr=f((Wl,Nr)=>{"use strict";function Ce(e){var r=(e/8|0)+(e%8===0?0:1);return r}var bi={ES256:Ce(256),ES384:Ce(384),ES512:Ce(521)};function Ri(e){var r=bi[e];if(r)return r;throw new Error('Unknown algorithm "'+e+'"')}Nr.exports=Ri});var Gr=f((Yl,Br)=>{"use strict";var ie=B().Buffer,jr=xr(),oe=128,Cr=0,Ti=32,Ai=16,$i=2,_r=Ai|Ti|Cr<<6,ae=$i|Cr<<6;function vi(e){return e.replace(/=/g,"").replace(/\+/g,"-").replace(/\//g,"_")}function Dr(e){if(ie.isBuffer(e))return e;if(typeof e=="string")return ie.from(e,"base64");throw new TypeError("ECDSA signature must be a Base64 string or a Buffer")}function Li(e,r){e=Dr(e);var t=jr(r),n=t+1,s=e.length,i=0;if(e[i++]!==_r)throw new Error('Could not find expected "seq"');var o=e[i++];if(o===(oe|1)&&(o=e[i++]),s-i<o)throw new Error('"seq" specified length of "'+o+'", only "'+(s-i)+'" remaining');if(e[i++]!==ae)throw new Error('Could not find expected "int" for "r"');var c=e[i++];if(s-i-2<c)throw new Error('"r" specified length of "'+c+'", only "'+(s-i-2)+'" available');if(n<c)throw new Error('"r" specified length of "'+c+'", max of "'+n+'" is acceptable');var l=i;if(i+=c,e[i++]!==ae)throw new Error('Could not find expected "int" for "s"');var a=e[i++];if(s-i!==a)throw new Error('"s" specified length of "'+a+'", expected "'+(s-i)+'"');if(n<a)throw new Error('"s" specified length of "'+a+'", max of "'+n+'" is acceptable');var h=i;if(i+=a,i!==s)throw new Error('Expected to consume entire buffer, but "'+(s-i)+'" bytes remain');var u=t-c,y=t-a,m=ie.allocUnsafe(u+c+y+a);for(i=0;i<u;++i)m[i]=0;e.copy(m,i,l+Math.max(-u,0),l+c),i=t;for(var w=i;i<w+y;++i)m[i]=0;return e.copy(m,i,h+Math.max(-y,0),h+a),m=m.toString("base64"),m=vi(m),m}function Pr(e,r,t){for(var n=0;r+n<t&&e[r+n]===0;)++n;var s=e[r+n]>=oe;return s&&--n,n}function qi(e,r){e=Dr(e);var t=jr(r),n=e.length;if(n!==t*2)throw new TypeError('"'+r+'" signatures must be "'+t*2+'" bytes, saw "'+n+'"');var s=Pr(e,0,t),i=Pr(e,t,e.length),o=t-s,c=t-i,l=2+o+1+1+c,a=l<oe,h=ie.allocUnsafe((a?2:3)+l),u=0;return h[u++]=_r,a?h[u++]=l:(h[u++]=oe|1,h[u++]=l&255),h[u++]=ae,h[u++]=o,s<0?(h[u++]=0,u+=e.copy(h,u,0,t)):u+=e.copy(h,u,s,t),h[u++]=ae,h[u++]=c,i<0?(h[u++]=0,e.copy(h,u,t)):e.copy(h,u,t+i),h}Br.exports={derToJose:Li,joseToDer:qi}});var Fr=f((Jl,Vr)=>{"use strict";var M=require("buffer").Buffer,_e=require("buffer").SlowBuffer;Vr.exports=ce;function ce(e,r){if(!M.isBuffer(e)||!M.isBuffer(r)||e.length!==r.length)return!1;for(var t=0,n=0;n<e.length;n++)t|=e[n]^r[n];return t===0}ce.install=function(){M.prototype.equal=_e.prototype.equal=function(r){return ce(this,r)}};var Oi=M.prototype.equal,Ni=_e.prototype.equal;ce.restore=function(){M.prototype.equal=Oi,_e.prototype.equal=Ni}});var Ve=f((zl,Jr)=>{var V=B().Buffer,$=require("crypto"),Hr=Gr(),Ur=require("util"),xi=`"%s" is not a valid algorithm.
  Supported algorithms are:
  "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512" and "none".`,K="secret must be a string or buffer",G="key must be a string or a buffer",Pi="key must be a string, a buffer or an object",Be=typeof $.createPublicKey=="function";Be&&(G+=" or a KeyObject",K+="or a KeyObject");function kr(e){if(!V.isBuffer(e)&&typeof e!="string"&&(!Be||typeof e!="object"||typeof e.type!="string"||typeof e.asymmetricKeyType!="string"||typeof e.export!="function"))throw q(G)}function Xr(e){if(!V.isBuffer(e)&&typeof e!="string"&&typeof e!="object")throw q(Pi)}function ji(e){if(!V.isBuffer(e)){if(typeof e=="string")return e;if(!Be||typeof e!="object"||e.type!=="secret"||typeof e.export!="function")throw q(K)}}function Ge(e){return e.replace(/=/g,"").replace(/\+/g,"-").replace(/\//g,"_")}function Mr(e){e=e.toString();var r=4-e.length%4;if(r!==4)for(var t=0;t<r;++t)e+="=";return e.replace(/\-/g,"+").replace(/_/g,"/")}function q(e){var r=[].slice.call(arguments,1),t=Ur.format.bind(Ur,e).apply(null,r);return new TypeError(t)}function Ci(e){return V.isBuffer(e)||typeof e=="string"}function W(e){return Ci(e)||(e=JSON.stringify(e)),e}function Kr(e){return function(t,n){ji(n),t=W(t);var s=$.createHmac("sha"+e,n),i=(s.update(t),s.digest("base64"));return Ge(i)}}var De,_i="timingSafeEqual"in $?function(r,t){return r.byteLength!==t.byteLength?!1:$.timingSafeEqual(r,t)}:function(r,t){return De||(De=Fr()),De(r,t)};function Di(e){return function(t,n,s){var i=Kr(e)(t,s);return _i(V.from(n),V.from(i))}}function Wr(e){return function(t,n){Xr(n),t=W(t);var s=$.createSign("RSA-SHA"+e),i=(s.update(t),s.sign(n,"base64"));return Ge(i)}}function Yr(e){return function(t,n,s){kr(s),t=W(t),n=Mr(n);var i=$.createVerify("RSA-SHA"+e);return i.update(t),i.verify(s,n,"base64")}}function Bi(e){return function(t,n){Xr(n),t=W(t);var s=$.createSign("RSA-SHA"+e),i=(s.update(t),s.sign({key:n,padding:$.constants.RSA_PKCS1_PSS_PADDING,saltLength:$.constants.RSA_PSS_SALTLEN_DIGEST},"base64"));return Ge(i)}}function Gi(e){return function(t,n,s){kr(s),t=W(t),n=Mr(n);var i=$.createVerify("RSA-SHA"+e);return i.update(t),i.verify({key:s,padding:$.constants.RSA_PKCS1_PSS_PADDING,saltLength:$.constants.RSA_PSS_SALTLEN_DIGEST},n,"base64")}}function Vi(e){var r=Wr(e);return function(){var n=r.apply(null,arguments);return n=Hr.derToJose(n,"ES"+e),n}}function Fi(e){var r=Yr(e);return function(n,s,i){s=Hr.joseToDer(s,"ES"+e).toString("base64");var o=r(n,s,i);return o}}function Ui(){return function(){return""}}function Hi(){return function(r,t){return t===""}}Jr.exports=function(r){var t={hs:Kr,rs:Wr,ps:Bi,es:Vi,none:Ui},n={hs:Di,rs:Yr,ps:Gi,es:Fi,none:Hi},s=r.match(/^(RS|PS|ES|HS)(256|384|512)$|^(none)$/);if(!s)throw q(xi,r);var i=(s[1]||s[3]).toLowerCase(),o=s[2];return{sign:t[i](o),verify:n[i](o)}}});var Fe=f((Zl,zr)=>{var ki=require("buffer").Buffer;zr.exports=function(r){return typeof r=="string"?r:typeof r=="number"||ki.isBuffer(r)?r.toString():JSON.stringify(r)}});var nt=f((Ql,tt)=>{var Xi=B().Buffer,Zr=je(),Mi=Ve(),Ki=require("stream"),Qr=Fe(),Ue=require("util");function et(e,r){return Xi.from(e,r).toString("base64").replace(/=/g,"").replace(/\+/g,"-").replace(/\//g,"_")}function Wi(e,r,t){t=t||"utf8";var n=et(Qr(e),"binary"),s=et(Qr(r),t);return Ue.format("%s.%s",n,s)}function rt(e){var r=e.header,t=e.payload,n=e.secret||e.privateKey,s=e.encoding,i=Mi(r.alg),o=Wi(r,t,s),c=i.sign(o,n);return Ue.format("%s.%s",o,c)}function ue(e){var r=e.secret;if(r=r??e.privateKey,r=r??e.key,/^hs/i.test(e.header.alg)===!0&&r==null)throw new TypeError("secret must be a string or buffer or a KeyObject");var t=new Zr(r);this.readable=!0,this.header=e.header,this.encoding=e.encoding,this.secret=this.privateKey=this.key=t,this.payload=new Zr(e.payload),this.secret.once("close",function(){!this.payload.writable&&this.readable&&this.sign()}.bind(this)),this.payload.once("close",function(){!this.secret.writable&&this.readable&&this.sign()}.bind(this))}Ue.inherits(ue,Ki);ue.prototype.sign=function(){try{var r=rt({header:this.header,payload:this.payload.buffer,secret:this.secret.buffer,encoding:this.encoding});return this.emit("done",r),this.emit("data",r),this.emit("end"),this.readable=!1,r}catch(t){this.readable=!1,this.emit("error",t),this.emit("close")}};ue.sign=rt;tt.exports=ue});var pt=f((eh,ht)=>{var it=B().Buffer,st=je(),Yi=Ve(),Ji=require("stream"),ot=Fe(),zi=require("util"),Zi=/^[a-zA-Z0-9\-_]+?\.[a-zA-Z0-9\-_]+?\.([a-zA-Z0-9\-_]+)?$/;function Qi(e){return Object.prototype.toString.call(e)==="[object Object]"}function eo(e){if(Qi(e))return e;try{return JSON.parse(e)}catch{return}}function at(e){var r=e.split(".",1)[0];return eo(it.from(r,"base64").toString("binary"))}function ro(e){return e.split(".",2).join(".")}function ct(e){return e.split(".")[2]}function to(e,r){r=r||"utf8";var t=e.split(".")[1];return it.from(t,"base64").toString(r)}function ut(e){return Zi.test(e)&&!!at(e)}function ft(e,r,t){if(!r){var n=new Error("Missing algorithm parameter for jws.verify");throw n.code="MISSING_ALGORITHM",n}e=ot(e);var s=ct(e),i=ro(e),o=Yi(r);return o.verify(i,s,t)}function lt(e,r){if(r=r||{},e=ot(e),!ut(e))return null;var t=at(e);if(!t)return null;var n=to(e);return(t.typ==="JWT"||r.json)&&(n=JSON.parse(n,r.encoding)),{header:t,payload:n,signature:ct(e)}}function F(e){e=e||{};var r=e.secret;if(r=r??e.publicKey,r=r??e.key,/^hs/i.test(e.algorithm)===!0&&r==null)throw new TypeError("secret must be a string or buffer or a KeyObject");var t=new st(r);this.readable=!0,this.algorithm=e.algorithm,this.encoding=e.encoding,this.secret=this.publicKey=this.key=t,this.signature=new st(e.signature),this.secret.once("close",function(){!this.signature.writable&&this.readable&&this.verify()}.bind(this)),this.signature.once("close",function(){!this.secret.writable&&this.readable&&this.verify()}.bind(this))}zi.inherits(F,Ji);F.prototype.verify=function(){try{var r=ft(this.signature.buffer,this.algorithm,this.key.buffer),t=lt(this.signature.buffer,this.encoding);return this.emit("done",r,t),this.emit("data",r),this.emit("end"),this.readable=!1,r}catch(n){this.readable=!1,this.emit("error",n),this.emit("close")}};F.decode=lt;F.isValid=ut;F.verify=ft;ht.exports=F});var le=f(x=>{var dt=nt(),fe=pt(),no=["HS256","HS384","HS512","RS256","RS384","RS512","PS256","PS384","PS512","ES256","ES384","ES512"];x.ALGORITHMS=no;x.sign=dt.sign;x.verify=fe.verify;x.decode=fe.decode;x.isValid=fe.isValid;x.createSign=function(r){return new dt(r)};x.createVerify=function(r){return new fe(r)}});var He=f((th,mt)=>{var so=le();mt.exports=function(e,r){r=r||{};var t=so.decode(e,r);if(!t)return null;var n=t.payload;if(typeof n=="string")try{var s=JSON.parse(n);s!==null&&typeof s=="object"&&(n=s)}catch{}return r.complete===!0?{header:t.header,payload:n,signature:t.signature}:n}});var Y=f((nh,Et)=>{var he=function(e,r){Error.call(this,e),Error.captureStackTrace&&Error.captureStackTrace(this,this.constructor),this.name="JsonWebTokenError",this.message=e,r&&(this.inner=r)};he.prototype=Object.create(Error.prototype);he.prototype.constructor=he;Et.exports=he});var ke=f((sh,St)=>{var yt=Y(),pe=function(e,r){yt.call(this,e),this.name="NotBeforeError",this.date=r};pe.prototype=Object.create(yt.prototype);pe.prototype.constructor=pe;St.exports=pe});var Xe=f((ih,wt)=>{var gt=Y(),de=function(e,r){gt.call(this,e),this.name="TokenExpiredError",this.expiredAt=r};de.prototype=Object.create(gt.prototype);de.prototype.constructor=de;wt.exports=de});var bt=f((oh,It)=>{var U=1e3,H=U*60,k=H*60,_=k*24,io=_*7,oo=_*365.25;It.exports=function(e,r){r=r||{};var t=typeof e;if(t==="string"&&e.length>0)return ao(e);if(t==="number"&&isFinite(e))return r.long?uo(e):co(e);throw new Error("val is not a non-empty string or a valid number. val="+JSON.stringify(e))};function ao(e){if(e=String(e),!(e.length>100)){var r=/^(-?(?:\d+)?\.?\d+) *(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|years?|yrs?|y)?$/i.exec(e);if(r){var t=parseFloat(r[1]),n=(r[2]||"ms").toLowerCase();switch(n){case"years":case"year":case"yrs":case"yr":case"y":return t*oo;case"weeks":case"week":case"w":return t*io;case"days":case"day":case"d":return t*_;case"hours":case"hour":case"hrs":case"hr":case"h":return t*k;case"minutes":case"minute":case"mins":case"min":case"m":return t*H;case"seconds":case"second":case"secs":case"sec":case"s":return t*U;case"milliseconds":case"millisecond":case"msecs":case"msec":case"ms":return t;default:return}}}}function co(e){var r=Math.abs(e);return r>=_?Math.round(e/_)+"d":r>=k?Math.round(e/k)+"h":r>=H?Math.round(e/H)+"m":r>=U?Math.round(e/U)+"s":e+"ms"}function uo(e){var r=Math.abs(e);return r>=_?me(e,r,_,"day"):r>=k?me(e,r,k,"hour"):r>=H?me(e,r,H,"minute"):r>=U?me(e,r,U,"second"):e+" ms"}function me(e,r,t,n){var s=r>=t*1.5;return Math.round(e/t)+" "+n+(s?"s":"")}});var Me=f((ah,Rt)=>{var fo=bt();Rt.exports=function(e,r){var t=r||Math.floor(Date.now()/1e3);if(typeof e=="string"){var n=fo(e);return typeof n>"u"?void 0:Math.floor(t+n/1e3)}else return typeof e=="number"?t+e:void 0}});var D=f((ch,Tt)=>{"use strict";var lo="2.0.0",ho=Number.MAX_SAFE_INTEGER||9007199254740991,po=16,mo=250,Eo=["	",`
`,"\v","\f","\r"," ","\xA0","\u1680","\u2000","\u2001","\u2002","\u2003","\u2004","\u2005","\u2006","\u2007","\u2008","\u2009","\u200A","\u2028","\u2029","\u202F","\u205F","\u3000","\uFEFF"],yo=["major","premajor","minor","preminor","patch","prepatch","prerelease"];Tt.exports={MAX_LENGTH:256,MAX_SAFE_COMPONENT_LENGTH:po,MAX_SAFE_BUILD_LENGTH:mo,MAX_SAFE_INTEGER:ho,WHITESPACE_CHARACTERS:Eo,RELEASE_TYPES:yo,SEMVER_SPEC_VERSION:lo,FLAG_INCLUDE_PRERELEASE:1,FLAG_LOOSE:2}});var J=f((uh,At)=>{"use strict";var So=(typeof process=="object"&&process.env,()=>{});At.exports=So});var X=f((N,$t)=>{"use strict";var{MAX_SAFE_COMPONENT_LENGTH:Ke,MAX_SAFE_BUILD_LENGTH:go,MAX_LENGTH:wo}=D(),Io=J();N=$t.exports={};var bo=N.re=[],Ro=N.safeRe=[],p=N.src=[],To=N.safeSrc=[],d=N.t={},Ao=0,We="[a-zA-Z0-9-]",$o=[["\\s",1],["\\d",wo],[We,go]],vo=e=>{for(let[r,t]of $o)e=e.split(`${r}*`).join(`${r}{0,${t}}`).split(`${r}+`).join(`${r}{1,${t}}`);return e},E=(e,r,t)=>{let n=vo(r),s=Ao++;Io(e,s,r),d[e]=s,p[s]=r,To[s]=n,bo[s]=new RegExp(r,t?"g":void 0),Ro[s]=new RegExp(n,t?"g":void 0)};E("NUMERICIDENTIFIER","0|[1-9]\\d*");E("NUMERICIDENTIFIERLOOSE","\\d+");E("NONNUMERICIDENTIFIER",`\\d*[a-zA-Z-]${We}*`);E("MAINVERSION",`(${p[d.NUMERICIDENTIFIER]})\\.(${p[d.NUMERICIDENTIFIER]})\\.(${p[d.NUMERICIDENTIFIER]})`);E("MAINVERSIONLOOSE",`(${p[d.NUMERICIDENTIFIERLOOSE]})\\.(${p[d.NUMERICIDENTIFIERLOOSE]})\\.(${p[d.NUMERICIDENTIFIERLOOSE]})`);E("PRERELEASEIDENTIFIER",`(?:${p[d.NONNUMERICIDENTIFIER]}|${p[d.NUMERICIDENTIFIER]})`);E("PRERELEASEIDENTIFIERLOOSE",`(?:${p[d.NONNUMERICIDENTIFIER]}|${p[d.NUMERICIDENTIFIERLOOSE]})`);E("PRERELEASE",`(?:-(${p[d.PRERELEASEIDENTIFIER]}(?:\\.${p[d.PRERELEASEIDENTIFIER]})*))`);E("PRERELEASELOOSE",`(?:-?(${p[d.PRERELEASEIDENTIFIERLOOSE]}(?:\\.${p[d.PRERELEASEIDENTIFIERLOOSE]})*))`);E("BUILDIDENTIFIER",`${We}+`);E("BUILD",`(?:\\+(${p[d.BUILDIDENTIFIER]}(?:\\.${p[d.BUILDIDENTIFIER]})*))`);E("FULLPLAIN",`v?${p[d.MAINVERSION]}${p[d.PRERELEASE]}?${p[d.BUILD]}?`);E("FULL",`^${p[d.FULLPLAIN]}$`);E("LOOSEPLAIN",`[v=\\s]*${p[d.MAINVERSIONLOOSE]}${p[d.PRERELEASELOOSE]}?${p[d.BUILD]}?`);E("LOOSE",`^${p[d.LOOSEPLAIN]}$`);E("GTLT","((?:<|>)?=?)");E("XRANGEIDENTIFIERLOOSE",`${p[d.NUMERICIDENTIFIERLOOSE]}|x|X|\\*`);E("XRANGEIDENTIFIER",`${p[d.NUMERICIDENTIFIER]}|x|X|\\*`);E("XRANGEPLAIN",`[v=\\s]*(${p[d.XRANGEIDENTIFIER]})(?:\\.(${p[d.XRANGEIDENTIFIER]})(?:\\.(${p[d.XRANGEIDENTIFIER]})(?:${p[d.PRERELEASE]})?${p[d.BUILD]}?)?)?`);E("XRANGEPLAINLOOSE",`[v=\\s]*(${p[d.XRANGEIDENTIFIERLOOSE]})(?:\\.(${p[d.XRANGEIDENTIFIERLOOSE]})(?:\\.(${p[d.XRANGEIDENTIFIERLOOSE]})(?:${p[d.PRERELEASELOOSE]})?${p[d.BUILD]}?)?)?`);E("XRANGE",`^${p[d.GTLT]}\\s*${p[d.XRANGEPLAIN]}$`);E("XRANGELOOSE",`^${p[d.GTLT]}\\s*${p[d.XRANGEPLAINLOOSE]}$`);E("COERCEPLAIN",`(^|[^\\d])(\\d{1,${Ke}})(?:\\.(\\d{1,${Ke}}))?(?:\\.(\\d{1,${Ke}}))?`);E("COERCE",`${p[d.COERCEPLAIN]}(?:$|[^\\d])`);E("COERCEFULL",p[d.COERCEPLAIN]+`(?:${p[d.PRERELEASE]})?(?:${p[d.BUILD]})?(?:$|[^\\d])`);E("COERCERTL",p[d.COERCE],!0);E("COERCERTLFULL",p[d.COERCEFULL],!0);E("LONETILDE","(?:~>?)");E("TILDETRIM",`(\\s*)${p[d.LONETILDE]}\\s+`,!0);N.tildeTrimReplace="$1~";E("TILDE",`^${p[d.LONETILDE]}${p[d.XRANGEPLAIN]}$`);E("TILDELOOSE",`^${p[d.LONETILDE]}${p[d.XRANGEPLAINLOOSE]}$`);E("LONECARET","(?:\\^)");E("CARETTRIM",`(\\s*)${p[d.LONECARET]}\\s+`,!0);N.caretTrimReplace="$1^";E("CARET",`^${p[d.LONECARET]}${p[d.XRANGEPLAIN]}$`);E("CARETLOOSE",`^${p[d.LONECARET]}${p[d.XRANGEPLAINLOOSE]}$`);E("COMPARATORLOOSE",`^${p[d.GTLT]}\\s*(${p[d.LOOSEPLAIN]})$|^$`);E("COMPARATOR",`^${p[d.GTLT]}\\s*(${p[d.FULLPLAIN]})$|^$`);E("COMPARATORTRIM",`(\\s*)${p[d.GTLT]}\\s*(${p[d.LOOSEPLAIN]}|${p[d.XRANGEPLAIN]})`,!0);N.comparatorTrimReplace="$1$2$3";E("HYPHENRANGE",`^\\s*(${p[d.XRANGEPLAIN]})\\s+-\\s+(${p[d.XRANGEPLAIN]})\\s*$`);E("HYPHENRANGELOOSE",`^\\s*(${p[d.XRANGEPLAINLOOSE]})\\s+-\\s+(${p[d.XRANGEPLAINLOOSE]})\\s*$`);E("STAR","(<|>)?=?\\s*\\*");E("GTE0","^\\s*>=\\s*0\\.0\\.0\\s*$");E("GTE0PRE","^\\s*>=\\s*0\\.0\\.0-0\\s*$")});var Ee=f((fh,vt)=>{"use strict";var Lo=Object.freeze({loose:!0}),qo=Object.freeze({}),Oo=e=>e?typeof e!="object"?Lo:e:qo;vt.exports=Oo});var Ye=f((lh,Ot)=>{"use strict";var Lt=/^[0-9]+$/,qt=(e,r)=>{if(typeof e=="number"&&typeof r=="number")return e===r?0:e<r?-1:1;let t=Lt.test(e),n=Lt.test(r);return t&&n&&(e=+e,r=+r),e===r?0:t&&!n?-1:n&&!t?1:e<r?-1:1},No=(e,r)=>qt(r,e);Ot.exports={compareIdentifiers:qt,rcompareIdentifiers:No}});var b=f((hh,xt)=>{"use strict";var ye=J(),{MAX_LENGTH:Nt,MAX_SAFE_INTEGER:Se}=D(),{safeRe:ge,t:we}=X(),xo=Ee(),{compareIdentifiers:Je}=Ye(),Po=(e,r)=>{let t=r.split(".");if(t.length>e.length)return!1;for(let n=0;n<t.length;n++)if(Je(e[n],t[n])!==0)return!1;return!0},ze=class e{constructor(r,t){if(t=xo(t),r instanceof e){if(r.loose===!!t.loose&&r.includePrerelease===!!t.includePrerelease)return r;r=r.version}else if(typeof r!="string")throw new TypeError(`Invalid version. Must be a string. Got type "${typeof r}".`);if(r.length>Nt)throw new TypeError(`version is longer than ${Nt} characters`);ye("SemVer",r,t),this.options=t,this.loose=!!t.loose,this.includePrerelease=!!t.includePrerelease;let n=r.trim().match(t.loose?ge[we.LOOSE]:ge[we.FULL]);if(!n)throw new TypeError(`Invalid Version: ${r}`);if(this.raw=r,this.major=+n[1],this.minor=+n[2],this.patch=+n[3],this.major>Se||this.major<0)throw new TypeError("Invalid major version");if(this.minor>Se||this.minor<0)throw new TypeError("Invalid minor version");if(this.patch>Se||this.patch<0)throw new TypeError("Invalid patch version");n[4]?this.prerelease=n[4].split(".").map(s=>{if(/^[0-9]+$/.test(s)){let i=+s;if(i>=0&&i<Se)return i}return s}):this.prerelease=[],this.build=n[5]?n[5].split("."):[],this.format()}format(){return this.version=`${this.major}.${this.minor}.${this.patch}`,this.prerelease.length&&(this.version+=`-${this.prerelease.join(".")}`),this.version}toString(){return this.version}compare(r){if(ye("SemVer.compare",this.version,this.options,r),!(r instanceof e)){if(typeof r=="string"&&r===this.version)return 0;r=new e(r,this.options)}return r.version===this.version?0:this.compareMain(r)||this.comparePre(r)}compareMain(r){return r instanceof e||(r=new e(r,this.options)),this.major<r.major?-1:this.major>r.major?1:this.minor<r.minor?-1:this.minor>r.minor?1:this.patch<r.patch?-1:this.patch>r.patch?1:0}comparePre(r){if(r instanceof e||(r=new e(r,this.options)),this.prerelease.length&&!r.prerelease.length)return-1;if(!this.prerelease.length&&r.prerelease.length)return 1;if(!this.prerelease.length&&!r.prerelease.length)return 0;let t=0;do{let n=this.prerelease[t],s=r.prerelease[t];if(ye("prerelease compare",t,n,s),n===void 0&&s===void 0)return 0;if(s===void 0)return 1;if(n===void 0)return-1;if(n===s)continue;return Je(n,s)}while(++t)}compareBuild(r){r instanceof e||(r=new e(r,this.options));let t=0;do{let n=this.build[t],s=r.build[t];if(ye("build compare",t,n,s),n===void 0&&s===void 0)return 0;if(s===void 0)return 1;if(n===void 0)return-1;if(n===s)continue;return Je(n,s)}while(++t)}inc(r,t,n){if(r.startsWith("pre")){if(!t&&n===!1)throw new Error("invalid increment argument: identifier is empty");if(t){let s=`-${t}`.match(this.options.loose?ge[we.PRERELEASELOOSE]:ge[we.PRERELEASE]);if(!s||s[1]!==t)throw new Error(`invalid identifier: ${t}`)}}switch(r){case"premajor":this.prerelease.length=0,this.patch=0,this.minor=0,this.major++,this.inc("pre",t,n);break;case"preminor":this.prerelease.length=0,this.patch=0,this.minor++,this.inc("pre",t,n);break;case"prepatch":this.prerelease.length=0,this.inc("patch",t,n),this.inc("pre",t,n);break;case"prerelease":this.prerelease.length===0&&this.inc("patch",t,n),this.inc("pre",t,n);break;case"release":if(this.prerelease.length===0)throw new Error(`version ${this.raw} is not a prerelease`);this.prerelease.length=0;break;case"major":(this.minor!==0||this.patch!==0||this.prerelease.length===0)&&this.major++,this.minor=0,this.patch=0,this.prerelease=[];break;case"minor":(this.patch!==0||this.prerelease.length===0)&&this.minor++,this.patch=0,this.prerelease=[];break;case"patch":this.prerelease.length===0&&this.patch++,this.prerelease=[];break;case"pre":{let s=Number(n)?1:0;if(this.prerelease.length===0)this.prerelease=[s];else{let i=this.prerelease.length;for(;--i>=0;)typeof this.prerelease[i]=="number"&&(this.prerelease[i]++,i=-2);if(i===-1){if(t===this.prerelease.join(".")&&n===!1)throw new Error("invalid increment argument: identifier already exists");this.prerelease.push(s)}}if(t){let i=[t,s];if(n===!1&&(i=[t]),Po(this.prerelease,t)){let o=this.prerelease[t.split(".").length];isNaN(o)&&(this.prerelease=i)}else this.prerelease=i}break}default:throw new Error(`invalid increment argument: ${r}`)}return this.raw=this.format(),this.build.length&&(this.raw+=`+${this.build.join(".")}`),this}};xt.exports=ze});var P=f((ph,jt)=>{"use strict";var Pt=b(),jo=(e,r,t=!1)=>{if(e instanceof Pt)return e;try{return new Pt(e,r)}catch(n){if(!t)return null;throw n}};jt.exports=jo});var _t=f((dh,Ct)=>{"use strict";var Co=P(),_o=(e,r)=>{let t=Co(e,r);return t?t.version:null};Ct.exports=_o});var Bt=f((mh,Dt)=>{"use strict";var Do=P(),Bo=(e,r)=>{let t=Do(e.trim().replace(/^[=v]+/,""),r);return t?t.version:null};Dt.exports=Bo});var Ft=f((Eh,Vt)=>{"use strict";var Gt=b(),Go=(e,r,t,n,s)=>{typeof t=="string"&&(s=n,n=t,t=void 0);try{return new Gt(e instanceof Gt?e.version:e,t).inc(r,n,s).version}catch{return null}};Vt.exports=Go});var kt=f((yh,Ht)=>{"use strict";var Ut=P(),Vo=(e,r)=>{let t=Ut(e,null,!0),n=Ut(r,null,!0),s=t.compare(n);if(s===0)return null;let i=s>0,o=i?t:n,c=i?n:t,l=!!o.prerelease.length;if(!!c.prerelease.length&&!l){if(!c.patch&&!c.minor)return"major";if(c.compareMain(o)===0)return c.minor&&!c.patch?"minor":"patch"}let h=l?"pre":"";return t.major!==n.major?h+"major":t.minor!==n.minor?h+"minor":t.patch!==n.patch?h+"patch":"prerelease"};Ht.exports=Vo});var Mt=f((Sh,Xt)=>{"use strict";var Fo=b(),Uo=(e,r)=>new Fo(e,r).major;Xt.exports=Uo});var Wt=f((gh,Kt)=>{"use strict";var Ho=b(),ko=(e,r)=>new Ho(e,r).minor;Kt.exports=ko});var Jt=f((wh,Yt)=>{"use strict";var Xo=b(),Mo=(e,r)=>new Xo(e,r).patch;Yt.exports=Mo});var Zt=f((Ih,zt)=>{"use strict";var Ko=P(),Wo=(e,r)=>{let t=Ko(e,r);return t&&t.prerelease.length?t.prerelease:null};zt.exports=Wo});var v=f((bh,en)=>{"use strict";var Qt=b(),Yo=(e,r,t)=>new Qt(e,t).compare(new Qt(r,t));en.exports=Yo});var tn=f((Rh,rn)=>{"use strict";var Jo=v(),zo=(e,r,t)=>Jo(r,e,t);rn.exports=zo});var sn=f((Th,nn)=>{"use strict";var Zo=v(),Qo=(e,r)=>Zo(e,r,!0);nn.exports=Qo});var Ie=f((Ah,an)=>{"use strict";var on=b(),ea=(e,r,t)=>{let n=new on(e,t),s=new on(r,t);return n.compare(s)||n.compareBuild(s)};an.exports=ea});var un=f(($h,cn)=>{"use strict";var ra=Ie(),ta=(e,r)=>e.sort((t,n)=>ra(t,n,r));cn.exports=ta});var ln=f((vh,fn)=>{"use strict";var na=Ie(),sa=(e,r)=>e.sort((t,n)=>na(n,t,r));fn.exports=sa});var z=f((Lh,hn)=>{"use strict";var ia=v(),oa=(e,r,t)=>ia(e,r,t)>0;hn.exports=oa});var be=f((qh,pn)=>{"use strict";var aa=v(),ca=(e,r,t)=>aa(e,r,t)<0;pn.exports=ca});var Ze=f((Oh,dn)=>{"use strict";var ua=v(),fa=(e,r,t)=>ua(e,r,t)===0;dn.exports=fa});var Qe=f((Nh,mn)=>{"use strict";var la=v(),ha=(e,r,t)=>la(e,r,t)!==0;mn.exports=ha});var Re=f((xh,En)=>{"use strict";var pa=v(),da=(e,r,t)=>pa(e,r,t)>=0;En.exports=da});var Te=f((Ph,yn)=>{"use strict";var ma=v(),Ea=(e,r,t)=>ma(e,r,t)<=0;yn.exports=Ea});var er=f((jh,Sn)=>{"use strict";var ya=Ze(),Sa=Qe(),ga=z(),wa=Re(),Ia=be(),ba=Te(),Ra=(e,r,t,n)=>{switch(r){case"===":return typeof e=="object"&&(e=e.version),typeof t=="object"&&(t=t.version),e===t;case"!==":return typeof e=="object"&&(e=e.version),typeof t=="object"&&(t=t.version),e!==t;case"":case"=":case"==":return ya(e,t,n);case"!=":return Sa(e,t,n);case">":return ga(e,t,n);case">=":return wa(e,t,n);case"<":return Ia(e,t,n);case"<=":return ba(e,t,n);default:throw new TypeError(`Invalid operator: ${r}`)}};Sn.exports=Ra});var wn=f((Ch,gn)=>{"use strict";var Ta=b(),Aa=P(),{safeRe:Ae,t:$e}=X(),$a=(e,r)=>{if(e instanceof Ta)return e;if(typeof e=="number"&&(e=String(e)),typeof e!="string")return null;r=r||{};let t=null;if(!r.rtl)t=e.match(r.includePrerelease?Ae[$e.COERCEFULL]:Ae[$e.COERCE]);else{let l=r.includePrerelease?Ae[$e.COERCERTLFULL]:Ae[$e.COERCERTL],a;for(;(a=l.exec(e))&&(!t||t.index+t[0].length!==e.length);)(!t||a.index+a[0].length!==t.index+t[0].length)&&(t=a),l.lastIndex=a.index+a[1].length+a[2].length;l.lastIndex=-1}if(t===null)return null;let n=t[2],s=t[3]||"0",i=t[4]||"0",o=r.includePrerelease&&t[5]?`-${t[5]}`:"",c=r.includePrerelease&&t[6]?`+${t[6]}`:"";return Aa(`${n}.${s}.${i}${o}${c}`,r)};gn.exports=$a});var bn=f((_h,In)=>{"use strict";var va=P(),La=D(),qa=b(),Oa=(e,r,t)=>{if(!La.RELEASE_TYPES.includes(r))return null;let n=Na(e,t);return n&&xa(n,r)},Na=(e,r)=>{let t=e instanceof qa?e.version:e;return va(t,r)},xa=(e,r)=>{if(Pa(r))return e.version;switch(e.prerelease=[],r){case"major":e.minor=0,e.patch=0;break;case"minor":e.patch=0;break}return e.format()},Pa=e=>e.startsWith("pre");In.exports=Oa});var Tn=f((Dh,Rn)=>{"use strict";var rr=class{constructor(){this.max=1e3,this.map=new Map}get(r){let t=this.map.get(r);if(t!==void 0)return this.map.delete(r),this.map.set(r,t),t}delete(r){return this.map.delete(r)}set(r,t){if(!this.delete(r)&&t!==void 0){if(this.map.size>=this.max){let s=this.map.keys().next().value;this.delete(s)}this.map.set(r,t)}return this}};Rn.exports=rr});var _n=f((Bh,Cn)=>{"use strict";var{MAX_LENGTH:nr,MAX_SAFE_BUILD_LENGTH:Ln,WHITESPACE_CHARACTERS:ja}=D(),qn=new Uint8Array(65536);for(let e of ja)qn[e.charCodeAt(0)]=1;var sr=e=>e!==void 0&&qn[e.charCodeAt(0)]===1,An=e=>e==="v"||e==="="||sr(e),Z=e=>e!==void 0&&e>="0"&&e<="9",On=e=>e!==void 0&&(e>="a"&&e<="z"||e>="A"&&e<="Z"),Nn=e=>Z(e)||On(e)||e==="-",ir=e=>Z(e)||e==="x"||e==="X"||e==="*",xn=(e,r,t,n)=>{if(!Z(e[r]))return r;if(r>=n.start&&r<n.end)return Math.min(r+t,n.end);if(r>=n.previousStart&&r<n.previousEnd)return Math.min(r+t,n.previousEnd);let s=r+1;for(;Z(e[s]);)s++;return n.previousStart=n.start,n.previousEnd=n.end,n.start=r,n.end=s,Math.min(r+t,s)},or=(e,r,t,n)=>!t&&e[r]==="0"?r+1:xn(e,r,t?nr:nr+1,n),tr=(e,r,t,n)=>{let s=xn(e,r,nr,n);if(On(e[s])||e[s]==="-"){let i=s+1,o=i+Ln;for(;i<o&&Nn(e[i]);)i++;return i}return or(e,r,t,n)},Pn=(e,r,t,n)=>{let s=e[r]==="-";if(!t&&!s)return r;let i=r+(s?1:0),o=tr(e,i,t,n);if(o===i){if(!t||!s)return r;o=tr(e,r,t,n)}for(;e[o]===".";){let c=tr(e,o+1,t,n);if(c===o+1)break;o=c}return o},$n=(e,r)=>{let t=r;for(;t-r<Ln&&Nn(e[t]);)t++;return t},jn=(e,r)=>{if(e[r]!=="+")return r;let t=$n(e,r+1);if(t===r+1)return r;for(;e[t]===".";){let n=$n(e,t+1);if(n===t+1)break;t=n}return t},Ca=(e,r,t)=>{let n=r;for(let i=0;i<3;i++){let o=or(e,n,!0,t);if(o===n)return r;if(n=o,i<2){if(e[n]!==".")return r;n++}}let s=Pn(e,n,!0,t);return jn(e,s)},vn=(e,r,t)=>Z(e[r])?or(e,r,!1,t):ir(e[r])?r+1:r,_a=(e,r,t)=>{let n=vn(e,r,t);for(let i=0;i<2;i++){if(e[n]!==".")return n;let o=vn(e,n+1,t);if(o===n+1)return n;n=o}let s=Pn(e,n,!1,t);return jn(e,s)},Da=(e,r,t)=>{let n=Ca(e,r,t);return n!==r?n:_a(e,r,t)},Ba=(e,r)=>{let t=r;return sr(e[t])&&t++,(e[t]==="<"||e[t]===">")&&t++,e[t]==="="&&t++,sr(e[t])?t:-1},Ga=e=>{let r="",t=0,n=0,s={start:-1,end:-1,previousStart:-1,previousEnd:-1};for(;n<e.length;){let i=n;if(e[n]==="<"||e[n]===">")n++;else if(!An(e[n])&&!ir(e[n])){n++;continue}for(;n<e.length&&An(e[n]);)n++;if(!ir(e[n]))continue;let o=Ba(e,i);o!==-1&&(r+=e.slice(t,o),t=o+1),n=Da(e,n,s)}return r+e.slice(t)};Cn.exports=Ga});var L=f((Gh,Vn)=>{"use strict";var Va=/\s+/g,ar=class e{constructor(r,t){if(t=Ua(t),r instanceof e)return r.loose===!!t.loose&&r.includePrerelease===!!t.includePrerelease?r:new e(r.raw,t);if(r instanceof cr)return this.raw=r.value,this.set=[[r]],this.formatted=void 0,this;if(this.options=t,this.loose=!!t.loose,this.includePrerelease=!!t.includePrerelease,this.raw=r.trim().replace(Va," "),this.set=this.raw.split("||").map(n=>this.parseRange(n.trim())).filter(n=>n.length),!this.set.length)throw new TypeError(`Invalid SemVer Range: ${this.raw}`);if(this.set.length>1){let n=this.set[0];if(this.set=this.set.filter(s=>!Bn(s[0])),this.set.length===0)this.set=[n];else if(this.set.length>1){for(let s of this.set)if(s.length===1&&za(s[0])){this.set=[s];break}}}this.formatted=void 0}get range(){if(this.formatted===void 0){this.formatted="";for(let r=0;r<this.set.length;r++){r>0&&(this.formatted+="||");let t=this.set[r];for(let n=0;n<t.length;n++)n>0&&(this.formatted+=" "),this.formatted+=t[n].toString().trim()}}return this.formatted}format(){return this.range}toString(){return this.range}parseRange(r){r=r.replace(Ja,"");let n=((this.options.includePrerelease&&Wa)|(this.options.loose&&Ya))+":"+r,s=Dn.get(n);if(s)return s;let i=this.options.loose,o=i?A[R.HYPHENRANGELOOSE]:A[R.HYPHENRANGE];r=r.replace(o,cc(this.options.includePrerelease)),g("hyphen replace",r),r=ka(r),g("comparator trim",r),r=r.replace(A[R.TILDETRIM],Ma),g("tilde trim",r),r=r.replace(A[R.CARETTRIM],Ka),g("caret trim",r);let c=r.split(" ").map(u=>Za(u,this.options)).join(" ").split(/\s+/).map(u=>ac(u,this.options));i&&(c=c.filter(u=>(g("loose invalid filter",u,this.options),!!u.match(A[R.COMPARATORLOOSE])))),g("range list",c);let l=new Map,a=c.map(u=>new cr(u,this.options));for(let u of a){if(Bn(u))return[u];l.set(u.value,u)}l.size>1&&l.has("")&&l.delete("");let h=[...l.values()];return Dn.set(n,h),h}intersects(r,t){if(!(r instanceof e))throw new TypeError("a Range is required");return this.set.some(n=>Gn(n,t)&&r.set.some(s=>Gn(s,t)&&n.every(i=>s.every(o=>i.intersects(o,t)))))}test(r){if(!r)return!1;if(typeof r=="string")try{r=new Ha(r,this.options)}catch{return!1}for(let t=0;t<this.set.length;t++)if(uc(this.set[t],r,this.options))return!0;return!1}};Vn.exports=ar;var Fa=Tn(),Dn=new Fa,Ua=Ee(),cr=Q(),g=J(),Ha=b(),ka=_n(),{safeRe:A,src:Xa,t:R,tildeTrimReplace:Ma,caretTrimReplace:Ka}=X(),{FLAG_INCLUDE_PRERELEASE:Wa,FLAG_LOOSE:Ya}=D(),Ja=new RegExp(Xa[R.BUILD],"g"),Bn=e=>e.value==="<0.0.0-0",za=e=>e.value==="",Gn=(e,r)=>{let t=!0,n=e.slice(),s=n.pop();for(;t&&n.length;)t=n.every(i=>s.intersects(i,r)),s=n.pop();return t},Za=(e,r)=>(e=e.replace(A[R.BUILD],""),g("comp",e,r),e=tc(e,r),g("caret",e),e=ec(e,r),g("tildes",e),e=sc(e,r),g("xrange",e),e=oc(e,r),g("stars",e),e),I=e=>!e||e.toLowerCase()==="x"||e==="*",Qa=(e,r,t)=>I(e)&&!I(r)||I(r)&&t&&!I(t),ec=(e,r)=>e.trim().split(/\s+/).map(t=>rc(t,r)).join(" "),rc=(e,r)=>{let t=r.loose?A[R.TILDELOOSE]:A[R.TILDE],n=r.includePrerelease?"-0":"";return e.replace(t,(s,i,o,c,l)=>{g("tilde",e,s,i,o,c,l);let a;return I(i)?a="":I(o)?a=`>=${i}.0.0${n} <${+i+1}.0.0-0`:I(c)?a=`>=${i}.${o}.0${n} <${i}.${+o+1}.0-0`:l?(g("replaceTilde pr",l),a=`>=${i}.${o}.${c}-${l} <${i}.${+o+1}.0-0`):a=`>=${i}.${o}.${c} <${i}.${+o+1}.0-0`,g("tilde return",a),a})},tc=(e,r)=>e.trim().split(/\s+/).map(t=>nc(t,r)).join(" "),nc=(e,r)=>{g("caret",e,r);let t=r.loose?A[R.CARETLOOSE]:A[R.CARET],n=r.includePrerelease?"-0":"";return e.replace(t,(s,i,o,c,l)=>{g("caret",e,s,i,o,c,l);let a;return I(i)?a="":I(o)?a=`>=${i}.0.0${n} <${+i+1}.0.0-0`:I(c)?i==="0"?a=`>=${i}.${o}.0${n} <${i}.${+o+1}.0-0`:a=`>=${i}.${o}.0${n} <${+i+1}.0.0-0`:l?(g("replaceCaret pr",l),i==="0"?o==="0"?a=`>=${i}.${o}.${c}-${l} <${i}.${o}.${+c+1}-0`:a=`>=${i}.${o}.${c}-${l} <${i}.${+o+1}.0-0`:a=`>=${i}.${o}.${c}-${l} <${+i+1}.0.0-0`):(g("no pr"),i==="0"?o==="0"?a=`>=${i}.${o}.${c} <${i}.${o}.${+c+1}-0`:a=`>=${i}.${o}.${c} <${i}.${+o+1}.0-0`:a=`>=${i}.${o}.${c} <${+i+1}.0.0-0`),g("caret return",a),a})},sc=(e,r)=>(g("replaceXRanges",e,r),e.split(/\s+/).map(t=>ic(t,r)).join(" ")),ic=(e,r)=>{e=e.trim();let t=r.loose?A[R.XRANGELOOSE]:A[R.XRANGE];return e.replace(t,(n,s,i,o,c,l)=>{if(g("xRange",e,n,s,i,o,c,l),Qa(i,o,c))return e;let a=I(i),h=a||I(o),u=h||I(c),y=u;return s==="="&&y&&(s=""),l=r.includePrerelease?"-0":"",a?s===">"||s==="<"?n="<0.0.0-0":n="*":s&&y?(h&&(o=0),c=0,s===">"?(s=">=",h?(i=+i+1,o=0,c=0):(o=+o+1,c=0)):s==="<="&&(s="<",h?i=+i+1:o=+o+1),s==="<"&&(l="-0"),n=`${s+i}.${o}.${c}${l}`):h?n=`>=${i}.0.0${l} <${+i+1}.0.0-0`:u&&(n=`>=${i}.${o}.0${l} <${i}.${+o+1}.0-0`),g("xRange return",n),n})},oc=(e,r)=>(g("replaceStars",e,r),e.trim().replace(A[R.STAR],"")),ac=(e,r)=>(g("replaceGTE0",e,r),e.trim().replace(A[r.includePrerelease?R.GTE0PRE:R.GTE0],"")),cc=e=>(r,t,n,s,i,o,c,l,a,h,u,y)=>(I(n)?t="":I(s)?t=`>=${n}.0.0${e?"-0":""}`:I(i)?t=`>=${n}.${s}.0${e?"-0":""}`:o?t=`>=${t}`:t=`>=${t}${e?"-0":""}`,I(a)?l="":I(h)?l=`<${+a+1}.0.0-0`:I(u)?l=`<${a}.${+h+1}.0-0`:y?l=`<=${a}.${h}.${u}-${y}`:e?l=`<${a}.${h}.${+u+1}-0`:l=`<=${l}`,`${t} ${l}`.trim()),uc=(e,r,t)=>{for(let n=0;n<e.length;n++)if(!e[n].test(r))return!1;if(r.prerelease.length&&!t.includePrerelease){for(let n=0;n<e.length;n++)if(g(e[n].semver),e[n].semver!==cr.ANY&&e[n].semver.prerelease.length>0){let s=e[n].semver;if(s.major===r.major&&s.minor===r.minor&&s.patch===r.patch)return!0}return!1}return!0}});var Q=f((Vh,Mn)=>{"use strict";var ee=Symbol("SemVer ANY"),lr=class e{static get ANY(){return ee}constructor(r,t){if(t=Fn(t),r instanceof e){if(r.loose===!!t.loose)return r;r=r.value}r=r.trim().split(/\s+/).join(" "),fr("comparator",r,t),this.options=t,this.loose=!!t.loose,this.parse(r),this.semver===ee?this.value="":this.value=this.operator+this.semver.version,fr("comp",this)}parse(r){let t=this.options.loose?Un[Hn.COMPARATORLOOSE]:Un[Hn.COMPARATOR],n=r.match(t);if(!n)throw new TypeError(`Invalid comparator: ${r}`);this.operator=n[1]!==void 0?n[1]:"",this.operator==="="&&(this.operator=""),n[2]?this.semver=new kn(n[2],this.options.loose):this.semver=ee}toString(){return this.value}test(r){if(fr("Comparator.test",r,this.options.loose),this.semver===ee||r===ee)return!0;if(typeof r=="string")try{r=new kn(r,this.options)}catch{return!1}return ur(r,this.operator,this.semver,this.options)}intersects(r,t){if(!(r instanceof e))throw new TypeError("a Comparator is required");return this.operator===""?this.value===""?!0:new Xn(r.value,t).test(this.value):r.operator===""?r.value===""?!0:new Xn(this.value,t).test(r.semver):(t=Fn(t),t.includePrerelease&&(this.value==="<0.0.0-0"||r.value==="<0.0.0-0")||!t.includePrerelease&&(this.value.startsWith("<0.0.0")||r.value.startsWith("<0.0.0"))?!1:!!(this.operator.startsWith(">")&&r.operator.startsWith(">")||this.operator.startsWith("<")&&r.operator.startsWith("<")||this.semver.version===r.semver.version&&this.operator.includes("=")&&r.operator.includes("=")||ur(this.semver,"<",r.semver,t)&&this.operator.startsWith(">")&&r.operator.startsWith("<")||ur(this.semver,">",r.semver,t)&&this.operator.startsWith("<")&&r.operator.startsWith(">")))}};Mn.exports=lr;var Fn=Ee(),{safeRe:Un,t:Hn}=X(),ur=er(),fr=J(),kn=b(),Xn=L()});var re=f((Fh,Kn)=>{"use strict";var fc=L(),lc=(e,r,t)=>{try{r=new fc(r,t)}catch{return!1}return r.test(e)};Kn.exports=lc});var Yn=f((Uh,Wn)=>{"use strict";var hc=L(),pc=(e,r)=>new hc(e,r).set.map(t=>t.map(n=>n.value).join(" ").trim().split(" "));Wn.exports=pc});var zn=f((Hh,Jn)=>{"use strict";var dc=b(),mc=L(),Ec=(e,r,t)=>{let n=null,s=null,i=null;try{i=new mc(r,t)}catch{return null}return e.forEach(o=>{i.test(o)&&(!n||s.compare(o)===-1)&&(n=o,s=new dc(n,t))}),n};Jn.exports=Ec});var Qn=f((kh,Zn)=>{"use strict";var yc=b(),Sc=L(),gc=(e,r,t)=>{let n=null,s=null,i=null;try{i=new Sc(r,t)}catch{return null}return e.forEach(o=>{i.test(o)&&(!n||s.compare(o)===1)&&(n=o,s=new yc(n,t))}),n};Zn.exports=gc});var ts=f((Xh,rs)=>{"use strict";var hr=b(),wc=L(),es=z(),Ic=(e,r)=>{e=new wc(e,r);let t=new hr("0.0.0");if(e.test(t)||(t=new hr("0.0.0-0"),e.test(t)))return t;t=null;for(let n=0;n<e.set.length;++n){let s=e.set[n],i=null;s.forEach(o=>{let c=new hr(o.semver.version);switch(o.operator){case">":c.prerelease.length===0?c.patch++:c.prerelease.push(0),c.raw=c.format();case"":case">=":(!i||es(c,i))&&(i=c);break;case"<":case"<=":break;default:throw new Error(`Unexpected operation: ${o.operator}`)}}),i&&(!t||es(t,i))&&(t=i)}return t&&e.test(t)?t:null};rs.exports=Ic});var ss=f((Mh,ns)=>{"use strict";var bc=L(),Rc=(e,r)=>{try{return new bc(e,r).range||"*"}catch{return null}};ns.exports=Rc});var ve=f((Kh,cs)=>{"use strict";var Tc=b(),as=Q(),{ANY:Ac}=as,$c=L(),vc=re(),is=z(),os=be(),Lc=Te(),qc=Re(),Oc=(e,r,t,n)=>{e=new Tc(e,n),r=new $c(r,n);let s,i,o,c,l;switch(t){case">":s=is,i=Lc,o=os,c=">",l=">=";break;case"<":s=os,i=qc,o=is,c="<",l="<=";break;default:throw new TypeError('Must provide a hilo val of "<" or ">"')}if(vc(e,r,n))return!1;for(let a=0;a<r.set.length;++a){let h=r.set[a],u=null,y=null;if(h.forEach(m=>{m.semver===Ac&&(m=new as(">=0.0.0")),u=u||m,y=y||m,s(m.semver,u.semver,n)?u=m:o(m.semver,y.semver,n)&&(y=m)}),u.operator===c||u.operator===l||(!y.operator||y.operator===c)&&i(e,y.semver))return!1;if(y.operator===l&&o(e,y.semver))return!1}return!0};cs.exports=Oc});var fs=f((Wh,us)=>{"use strict";var Nc=ve(),xc=(e,r,t)=>Nc(e,r,">",t);us.exports=xc});var hs=f((Yh,ls)=>{"use strict";var Pc=ve(),jc=(e,r,t)=>Pc(e,r,"<",t);ls.exports=jc});var ms=f((Jh,ds)=>{"use strict";var ps=L(),Cc=(e,r,t)=>(e=new ps(e,t),r=new ps(r,t),e.intersects(r,t));ds.exports=Cc});var ys=f((zh,Es)=>{"use strict";var _c=re(),Dc=v();Es.exports=(e,r,t)=>{let n=[],s=null,i=null,o=e.sort((h,u)=>Dc(h,u,t));for(let h of o)_c(h,r,t)?(i=h,s||(s=h)):(i&&n.push([s,i]),i=null,s=null);s&&n.push([s,null]);let c=[];for(let[h,u]of n)h===u?c.push(h):!u&&h===o[0]?c.push("*"):u?h===o[0]?c.push(`<=${u}`):c.push(`${h} - ${u}`):c.push(`>=${h}`);let l=c.join(" || "),a=typeof r.raw=="string"?r.raw:String(r);return l.length<a.length?l:r}});var Rs=f((Zh,bs)=>{"use strict";var Ss=L(),mr=Q(),{ANY:pr}=mr,dr=re(),Er=v(),Bc=(e,r,t={})=>{if(e===r)return!0;e=new Ss(e,t),r=new Ss(r,t);let n=!1;e:for(let s of e.set){for(let i of r.set){let o=Vc(s,i,t);if(n=n||o!==null,o)continue e}if(n)return!1}return!0},Gc=[new mr(">=0.0.0-0")],gs=[new mr(">=0.0.0")],Vc=(e,r,t)=>{if(e===r)return!0;if(e.length===1&&e[0].semver===pr){if(r.length===1&&r[0].semver===pr)return!0;t.includePrerelease?e=Gc:e=gs}if(r.length===1&&r[0].semver===pr){if(t.includePrerelease)return!0;r=gs}let n=new Set,s,i;for(let m of e)m.operator===">"||m.operator===">="?s=ws(s,m,t):m.operator==="<"||m.operator==="<="?i=Is(i,m,t):n.add(m.semver);if(n.size>1)return null;let o;if(s&&i){if(o=Er(s.semver,i.semver,t),o>0)return null;if(o===0&&(s.operator!==">="||i.operator!=="<="))return null}for(let m of n){if(s&&!dr(m,String(s),t)||i&&!dr(m,String(i),t))return null;for(let w of r)if(!dr(m,String(w),t))return!1;return!0}let c,l,a,h,u=i&&!t.includePrerelease&&i.semver.prerelease.length?i.semver:!1,y=s&&!t.includePrerelease&&s.semver.prerelease.length?s.semver:!1;u&&u.prerelease.length===1&&i.operator==="<"&&u.prerelease[0]===0&&(u=!1);for(let m of r){if(h=h||m.operator===">"||m.operator===">=",a=a||m.operator==="<"||m.operator==="<=",s){if(y&&m.semver.prerelease&&m.semver.prerelease.length&&m.semver.major===y.major&&m.semver.minor===y.minor&&m.semver.patch===y.patch&&(y=!1),m.operator===">"||m.operator===">="){if(c=ws(s,m,t),c===m&&c!==s)return!1}else if(s.operator===">="&&!m.test(s.semver))return!1}if(i){if(u&&m.semver.prerelease&&m.semver.prerelease.length&&m.semver.major===u.major&&m.semver.minor===u.minor&&m.semver.patch===u.patch&&(u=!1),m.operator==="<"||m.operator==="<="){if(l=Is(i,m,t),l===m&&l!==i)return!1}else if(i.operator==="<="&&!m.test(i.semver))return!1}if(!m.operator&&(i||s)&&o!==0)return!1}return!(s&&a&&!i&&o!==0||i&&h&&!s&&o!==0||y||u)},ws=(e,r,t)=>{if(!e)return r;let n=Er(e.semver,r.semver,t);return n>0?e:n<0||r.operator===">"&&e.operator===">="?r:e},Is=(e,r,t)=>{if(!e)return r;let n=Er(e.semver,r.semver,t);return n<0?e:n>0||r.operator==="<"&&e.operator==="<="?r:e};bs.exports=Bc});var Le=f((Qh,$s)=>{"use strict";var yr=X(),Ts=D(),Fc=b(),As=Ye(),Uc=P(),Hc=_t(),kc=Bt(),Xc=Ft(),Mc=kt(),Kc=Mt(),Wc=Wt(),Yc=Jt(),Jc=Zt(),zc=v(),Zc=tn(),Qc=sn(),eu=Ie(),ru=un(),tu=ln(),nu=z(),su=be(),iu=Ze(),ou=Qe(),au=Re(),cu=Te(),uu=er(),fu=wn(),lu=bn(),hu=Q(),pu=L(),du=re(),mu=Yn(),Eu=zn(),yu=Qn(),Su=ts(),gu=ss(),wu=ve(),Iu=fs(),bu=hs(),Ru=ms(),Tu=ys(),Au=Rs();$s.exports={parse:Uc,valid:Hc,clean:kc,inc:Xc,diff:Mc,major:Kc,minor:Wc,patch:Yc,prerelease:Jc,compare:zc,rcompare:Zc,compareLoose:Qc,compareBuild:eu,sort:ru,rsort:tu,gt:nu,lt:su,eq:iu,neq:ou,gte:au,lte:cu,cmp:uu,coerce:fu,truncate:lu,Comparator:hu,Range:pu,satisfies:du,toComparators:mu,maxSatisfying:Eu,minSatisfying:yu,minVersion:Su,validRange:gu,outside:wu,gtr:Iu,ltr:bu,intersects:Ru,simplifyRange:Tu,subset:Au,SemVer:Fc,re:yr.re,src:yr.src,tokens:yr.t,SEMVER_SPEC_VERSION:Ts.SEMVER_SPEC_VERSION,RELEASE_TYPES:Ts.RELEASE_TYPES,compareIdentifiers:As.compareIdentifiers,rcompareIdentifiers:As.rcompareIdentifiers}});var Ls=f((ep,vs)=>{var $u=Le();vs.exports=$u.satisfies("v24.0.0",">=15.7.0")});var Os=f((rp,qs)=>{var vu=Le();qs.exports=vu.satisfies("v24.0.0",">=16.9.0")});var Sr=f((tp,Ns)=>{var Lu=Ls(),qu=Os(),Ou={ec:["ES256","ES384","ES512"],rsa:["RS256","PS256","RS384","PS384","RS512","PS512"],"rsa-pss":["PS256","PS384","PS512"]},Nu={ES256:"prime256v1",ES384:"secp384r1",ES512:"secp521r1"};Ns.exports=function(e,r){if(!e||!r)return;let t=r.asymmetricKeyType;if(!t)return;let n=Ou[t];if(!n)throw new Error(`Unknown key type "${t}".`);if(!n.includes(e))throw new Error(`"alg" parameter for "${t}" key type must be one of: ${n.join(", ")}.`);if(Lu)switch(t){case"ec":let s=r.asymmetricKeyDetails.namedCurve,i=Nu[e];if(s!==i)throw new Error(`"alg" parameter "${e}" requires curve "${i}".`);break;case"rsa-pss":if(qu){let o=parseInt(e.slice(-3),10),{hashAlgorithm:c,mgf1HashAlgorithm:l,saltLength:a}=r.asymmetricKeyDetails;if(c!==`sha${o}`||l!==c)throw new Error(`Invalid key for this operation, its RSA-PSS parameters do not meet the requirements of "alg" ${e}.`);if(a!==void 0&&a>o>>3)throw new Error(`Invalid key for this operation, its RSA-PSS parameter saltLength does not meet the requirements of "alg" ${e}.`)}break}}});var gr=f((np,xs)=>{var xu=Le();xs.exports=xu.satisfies("v24.0.0","^6.12.0 || >=8.0.0")});var Cs=f((sp,js)=>{var S=Y(),Pu=ke(),Ps=Xe(),ju=He(),Cu=Me(),_u=Sr(),Du=gr(),Bu=le(),{KeyObject:Gu,createSecretKey:Vu,createPublicKey:Fu}=require("crypto"),wr=["RS256","RS384","RS512"],Uu=["ES256","ES384","ES512"],Ir=["RS256","RS384","RS512"],Hu=["HS256","HS384","HS512"];Du&&(wr.splice(wr.length,0,"PS256","PS384","PS512"),Ir.splice(Ir.length,0,"PS256","PS384","PS512"));js.exports=function(e,r,t,n){typeof t=="function"&&!n&&(n=t,t={}),t||(t={}),t=Object.assign({},t);let s;if(n?s=n:s=function(h,u){if(h)throw h;return u},t.clockTimestamp&&typeof t.clockTimestamp!="number")return s(new S("clockTimestamp must be a number"));if(t.nonce!==void 0&&(typeof t.nonce!="string"||t.nonce.trim()===""))return s(new S("nonce must be a non-empty string"));if(t.allowInvalidAsymmetricKeyTypes!==void 0&&typeof t.allowInvalidAsymmetricKeyTypes!="boolean")return s(new S("allowInvalidAsymmetricKeyTypes must be a boolean"));let i=t.clockTimestamp||Math.floor(Date.now()/1e3);if(!e)return s(new S("jwt must be provided"));if(typeof e!="string")return s(new S("jwt must be a string"));let o=e.split(".");if(o.length!==3)return s(new S("jwt malformed"));let c;try{c=ju(e,{complete:!0})}catch(h){return s(h)}if(!c)return s(new S("invalid token"));let l=c.header,a;if(typeof r=="function"){if(!n)return s(new S("verify must be called asynchronous if secret or public key is provided as a callback"));a=r}else a=function(h,u){return u(null,r)};return a(l,function(h,u){if(h)return s(new S("error in secret or public key callback: "+h.message));let y=o[2].trim()!=="";if(!y&&u)return s(new S("jwt signature is required"));if(y&&!u)return s(new S("secret or public key must be provided"));if(!y&&!t.algorithms)return s(new S('please specify "none" in "algorithms" to verify unsigned tokens'));if(u!=null&&!(u instanceof Gu))try{u=Fu(u)}catch{try{u=Vu(typeof u=="string"?Buffer.from(u):u)}catch{return s(new S("secretOrPublicKey is not valid key material"))}}if(t.algorithms||(u.type==="secret"?t.algorithms=Hu:["rsa","rsa-pss"].includes(u.asymmetricKeyType)?t.algorithms=Ir:u.asymmetricKeyType==="ec"?t.algorithms=Uu:t.algorithms=wr),t.algorithms.indexOf(c.header.alg)===-1)return s(new S("invalid algorithm"));if(l.alg.startsWith("HS")&&u.type!=="secret")return s(new S(`secretOrPublicKey must be a symmetric key when using ${l.alg}`));if(/^(?:RS|PS|ES)/.test(l.alg)&&u.type!=="public")return s(new S(`secretOrPublicKey must be an asymmetric key when using ${l.alg}`));if(!t.allowInvalidAsymmetricKeyTypes)try{_u(l.alg,u)}catch(T){return s(T)}let m;try{m=Bu.verify(e,c.header.alg,u)}catch(T){return s(T)}if(!m)return s(new S("invalid signature"));let w=c.payload;if(typeof w.nbf<"u"&&!t.ignoreNotBefore){if(typeof w.nbf!="number")return s(new S("invalid nbf value"));if(w.nbf>i+(t.clockTolerance||0))return s(new Pu("jwt not active",new Date(w.nbf*1e3)))}if(typeof w.exp<"u"&&!t.ignoreExpiration){if(typeof w.exp!="number")return s(new S("invalid exp value"));if(i>=w.exp+(t.clockTolerance||0))return s(new Ps("jwt expired",new Date(w.exp*1e3)))}if(t.audience){let T=Array.isArray(t.audience)?t.audience:[t.audience];if(!(Array.isArray(w.aud)?w.aud:[w.aud]).some(function(vr){return T.some(function(xe){return xe instanceof RegExp?xe.test(vr):xe===vr})}))return s(new S("jwt audience invalid. expected: "+T.join(" or ")))}if(t.issuer&&(typeof t.issuer=="string"&&w.iss!==t.issuer||Array.isArray(t.issuer)&&t.issuer.indexOf(w.iss)===-1))return s(new S("jwt issuer invalid. expected: "+t.issuer));if(t.subject&&w.sub!==t.subject)return s(new S("jwt subject invalid. expected: "+t.subject));if(t.jwtid&&w.jti!==t.jwtid)return s(new S("jwt jwtid invalid. expected: "+t.jwtid));if(t.nonce&&w.nonce!==t.nonce)return s(new S("jwt nonce invalid. expected: "+t.nonce));if(t.maxAge){if(typeof w.iat!="number")return s(new S("iat required when maxAge is specified"));let T=Cu(t.maxAge,w.iat);if(typeof T>"u")return s(new S('"maxAge" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60'));if(i>=T+(t.clockTolerance||0))return s(new Ps("maxAge exceeded",new Date(T*1e3)))}if(t.complete===!0){let T=c.signature;return s(null,{header:l,payload:w,signature:T})}return s(null,w)})}});var Fs=f((ip,Vs)=>{var _s=1/0,Bs=9007199254740991,ku=17976931348623157e292,Ds=NaN,Xu="[object Arguments]",Mu="[object Function]",Ku="[object GeneratorFunction]",Wu="[object String]",Yu="[object Symbol]",Ju=/^\s+|\s+$/g,zu=/^[-+]0x[0-9a-f]+$/i,Zu=/^0b[01]+$/i,Qu=/^0o[0-7]+$/i,ef=/^(?:0|[1-9]\d*)$/,rf=parseInt;function tf(e,r){for(var t=-1,n=e?e.length:0,s=Array(n);++t<n;)s[t]=r(e[t],t,e);return s}function nf(e,r,t,n){for(var s=e.length,i=t+(n?1:-1);n?i--:++i<s;)if(r(e[i],i,e))return i;return-1}function sf(e,r,t){if(r!==r)return nf(e,of,t);for(var n=t-1,s=e.length;++n<s;)if(e[n]===r)return n;return-1}function of(e){return e!==e}function af(e,r){for(var t=-1,n=Array(e);++t<e;)n[t]=r(t);return n}function cf(e,r){return tf(r,function(t){return e[t]})}function uf(e,r){return function(t){return e(r(t))}}var qe=Object.prototype,Rr=qe.hasOwnProperty,Oe=qe.toString,ff=qe.propertyIsEnumerable,lf=uf(Object.keys,Object),hf=Math.max;function pf(e,r){var t=Gs(e)||Sf(e)?af(e.length,String):[],n=t.length,s=!!n;for(var i in e)(r||Rr.call(e,i))&&!(s&&(i=="length"||mf(i,n)))&&t.push(i);return t}function df(e){if(!Ef(e))return lf(e);var r=[];for(var t in Object(e))Rr.call(e,t)&&t!="constructor"&&r.push(t);return r}function mf(e,r){return r=r??Bs,!!r&&(typeof e=="number"||ef.test(e))&&e>-1&&e%1==0&&e<r}function Ef(e){var r=e&&e.constructor,t=typeof r=="function"&&r.prototype||qe;return e===t}function yf(e,r,t,n){e=Tr(e)?e:Lf(e),t=t&&!n?Af(t):0;var s=e.length;return t<0&&(t=hf(s+t,0)),bf(e)?t<=s&&e.indexOf(r,t)>-1:!!s&&sf(e,r,t)>-1}function Sf(e){return gf(e)&&Rr.call(e,"callee")&&(!ff.call(e,"callee")||Oe.call(e)==Xu)}var Gs=Array.isArray;function Tr(e){return e!=null&&If(e.length)&&!wf(e)}function gf(e){return Ar(e)&&Tr(e)}function wf(e){var r=br(e)?Oe.call(e):"";return r==Mu||r==Ku}function If(e){return typeof e=="number"&&e>-1&&e%1==0&&e<=Bs}function br(e){var r=typeof e;return!!e&&(r=="object"||r=="function")}function Ar(e){return!!e&&typeof e=="object"}function bf(e){return typeof e=="string"||!Gs(e)&&Ar(e)&&Oe.call(e)==Wu}function Rf(e){return typeof e=="symbol"||Ar(e)&&Oe.call(e)==Yu}function Tf(e){if(!e)return e===0?e:0;if(e=$f(e),e===_s||e===-_s){var r=e<0?-1:1;return r*ku}return e===e?e:0}function Af(e){var r=Tf(e),t=r%1;return r===r?t?r-t:r:0}function $f(e){if(typeof e=="number")return e;if(Rf(e))return Ds;if(br(e)){var r=typeof e.valueOf=="function"?e.valueOf():e;e=br(r)?r+"":r}if(typeof e!="string")return e===0?e:+e;e=e.replace(Ju,"");var t=Zu.test(e);return t||Qu.test(e)?rf(e.slice(2),t?2:8):zu.test(e)?Ds:+e}function vf(e){return Tr(e)?pf(e):df(e)}function Lf(e){return e?cf(e,vf(e)):[]}Vs.exports=yf});var Hs=f((op,Us)=>{var qf="[object Boolean]",Of=Object.prototype,Nf=Of.toString;function xf(e){return e===!0||e===!1||Pf(e)&&Nf.call(e)==qf}function Pf(e){return!!e&&typeof e=="object"}Us.exports=xf});var Ws=f((ap,Ks)=>{var ks=1/0,jf=17976931348623157e292,Xs=NaN,Cf="[object Symbol]",_f=/^\s+|\s+$/g,Df=/^[-+]0x[0-9a-f]+$/i,Bf=/^0b[01]+$/i,Gf=/^0o[0-7]+$/i,Vf=parseInt,Ff=Object.prototype,Uf=Ff.toString;function Hf(e){return typeof e=="number"&&e==Kf(e)}function Ms(e){var r=typeof e;return!!e&&(r=="object"||r=="function")}function kf(e){return!!e&&typeof e=="object"}function Xf(e){return typeof e=="symbol"||kf(e)&&Uf.call(e)==Cf}function Mf(e){if(!e)return e===0?e:0;if(e=Wf(e),e===ks||e===-ks){var r=e<0?-1:1;return r*jf}return e===e?e:0}function Kf(e){var r=Mf(e),t=r%1;return r===r?t?r-t:r:0}function Wf(e){if(typeof e=="number")return e;if(Xf(e))return Xs;if(Ms(e)){var r=typeof e.valueOf=="function"?e.valueOf():e;e=Ms(r)?r+"":r}if(typeof e!="string")return e===0?e:+e;e=e.replace(_f,"");var t=Bf.test(e);return t||Gf.test(e)?Vf(e.slice(2),t?2:8):Df.test(e)?Xs:+e}Ks.exports=Hf});var Js=f((cp,Ys)=>{var Yf="[object Number]",Jf=Object.prototype,zf=Jf.toString;function Zf(e){return!!e&&typeof e=="object"}function Qf(e){return typeof e=="number"||Zf(e)&&zf.call(e)==Yf}Ys.exports=Qf});var ei=f((up,Qs)=>{var el="[object Object]";function rl(e){var r=!1;if(e!=null&&typeof e.toString!="function")try{r=!!(e+"")}catch{}return r}function tl(e,r){return function(t){return e(r(t))}}var nl=Function.prototype,zs=Object.prototype,Zs=nl.toString,sl=zs.hasOwnProperty,il=Zs.call(Object),ol=zs.toString,al=tl(Object.getPrototypeOf,Object);function cl(e){return!!e&&typeof e=="object"}function ul(e){if(!cl(e)||ol.call(e)!=el||rl(e))return!1;var r=al(e);if(r===null)return!0;var t=sl.call(r,"constructor")&&r.constructor;return typeof t=="function"&&t instanceof t&&Zs.call(t)==il}Qs.exports=ul});var ti=f((fp,ri)=>{var fl="[object String]",ll=Object.prototype,hl=ll.toString,pl=Array.isArray;function dl(e){return!!e&&typeof e=="object"}function ml(e){return typeof e=="string"||!pl(e)&&dl(e)&&hl.call(e)==fl}ri.exports=ml});var ai=f((lp,oi)=>{var El="Expected a function",ni=1/0,yl=17976931348623157e292,si=NaN,Sl="[object Symbol]",gl=/^\s+|\s+$/g,wl=/^[-+]0x[0-9a-f]+$/i,Il=/^0b[01]+$/i,bl=/^0o[0-7]+$/i,Rl=parseInt,Tl=Object.prototype,Al=Tl.toString;function $l(e,r){var t;if(typeof r!="function")throw new TypeError(El);return e=Nl(e),function(){return--e>0&&(t=r.apply(this,arguments)),e<=1&&(r=void 0),t}}function vl(e){return $l(2,e)}function ii(e){var r=typeof e;return!!e&&(r=="object"||r=="function")}function Ll(e){return!!e&&typeof e=="object"}function ql(e){return typeof e=="symbol"||Ll(e)&&Al.call(e)==Sl}function Ol(e){if(!e)return e===0?e:0;if(e=xl(e),e===ni||e===-ni){var r=e<0?-1:1;return r*yl}return e===e?e:0}function Nl(e){var r=Ol(e),t=r%1;return r===r?t?r-t:r:0}function xl(e){if(typeof e=="number")return e;if(ql(e))return si;if(ii(e)){var r=typeof e.valueOf=="function"?e.valueOf():e;e=ii(r)?r+"":r}if(typeof e!="string")return e===0?e:+e;e=e.replace(gl,"");var t=Il.test(e);return t||bl.test(e)?Rl(e.slice(2),t?2:8):wl.test(e)?si:+e}oi.exports=vl});var Ei=f((hp,mi)=>{var ci=Me(),Pl=gr(),jl=Sr(),ui=le(),Cl=Fs(),Ne=Hs(),fi=Ws(),$r=Js(),hi=ei(),j=ti(),_l=ai(),{KeyObject:Dl,createSecretKey:Bl,createPrivateKey:Gl}=require("crypto"),pi=["RS256","RS384","RS512","ES256","ES384","ES512","HS256","HS384","HS512","none"];Pl&&pi.splice(3,0,"PS256","PS384","PS512");var Vl={expiresIn:{isValid:function(e){return fi(e)||j(e)&&e},message:'"expiresIn" should be a number of seconds or string representing a timespan'},notBefore:{isValid:function(e){return fi(e)||j(e)&&e},message:'"notBefore" should be a number of seconds or string representing a timespan'},audience:{isValid:function(e){return j(e)||Array.isArray(e)},message:'"audience" must be a string or array'},algorithm:{isValid:Cl.bind(null,pi),message:'"algorithm" must be a valid string enum value'},header:{isValid:hi,message:'"header" must be an object'},encoding:{isValid:j,message:'"encoding" must be a string'},issuer:{isValid:j,message:'"issuer" must be a string'},subject:{isValid:j,message:'"subject" must be a string'},jwtid:{isValid:j,message:'"jwtid" must be a string'},noTimestamp:{isValid:Ne,message:'"noTimestamp" must be a boolean'},keyid:{isValid:j,message:'"keyid" must be a string'},mutatePayload:{isValid:Ne,message:'"mutatePayload" must be a boolean'},allowInsecureKeySizes:{isValid:Ne,message:'"allowInsecureKeySizes" must be a boolean'},allowInvalidAsymmetricKeyTypes:{isValid:Ne,message:'"allowInvalidAsymmetricKeyTypes" must be a boolean'}},Fl={iat:{isValid:$r,message:'"iat" should be a number of seconds'},exp:{isValid:$r,message:'"exp" should be a number of seconds'},nbf:{isValid:$r,message:'"nbf" should be a number of seconds'}};function di(e,r,t,n){if(!hi(t))throw new Error('Expected "'+n+'" to be a plain object.');Object.keys(t).forEach(function(s){let i=e[s];if(!i){if(!r)throw new Error('"'+s+'" is not allowed in "'+n+'"');return}if(!i.isValid(t[s]))throw new Error(i.message)})}function Ul(e){return di(Vl,!1,e,"options")}function Hl(e){return di(Fl,!0,e,"payload")}var li={audience:"aud",issuer:"iss",subject:"sub",jwtid:"jti"},kl=["expiresIn","notBefore","noTimestamp","audience","issuer","subject","jwtid"];mi.exports=function(e,r,t,n){typeof t=="function"?(n=t,t={}):t=t||{};let s=typeof e=="object"&&!Buffer.isBuffer(e),i=Object.assign({alg:t.algorithm||"HS256",typ:s?"JWT":void 0,kid:t.keyid},t.header);function o(a){if(n)return n(a);throw a}if(!r&&t.algorithm!=="none")return o(new Error("secretOrPrivateKey must have a value"));if(r!=null&&!(r instanceof Dl))try{r=Gl(r)}catch{try{r=Bl(typeof r=="string"?Buffer.from(r):r)}catch{return o(new Error("secretOrPrivateKey is not valid key material"))}}if(i.alg.startsWith("HS")&&r.type!=="secret")return o(new Error(`secretOrPrivateKey must be a symmetric key when using ${i.alg}`));if(/^(?:RS|PS|ES)/.test(i.alg)){if(r.type!=="private")return o(new Error(`secretOrPrivateKey must be an asymmetric key when using ${i.alg}`));if(!t.allowInsecureKeySizes&&!i.alg.startsWith("ES")&&r.asymmetricKeyDetails!==void 0&&r.asymmetricKeyDetails.modulusLength<2048)return o(new Error(`secretOrPrivateKey has a minimum key size of 2048 bits for ${i.alg}`))}if(typeof e>"u")return o(new Error("payload is required"));if(s){try{Hl(e)}catch(a){return o(a)}t.mutatePayload||(e=Object.assign({},e))}else{let a=kl.filter(function(h){return typeof t[h]<"u"});if(a.length>0)return o(new Error("invalid "+a.join(",")+" option for "+typeof e+" payload"))}if(typeof e.exp<"u"&&typeof t.expiresIn<"u")return o(new Error('Bad "options.expiresIn" option the payload already has an "exp" property.'));if(typeof e.nbf<"u"&&typeof t.notBefore<"u")return o(new Error('Bad "options.notBefore" option the payload already has an "nbf" property.'));try{Ul(t)}catch(a){return o(a)}if(!t.allowInvalidAsymmetricKeyTypes)try{jl(i.alg,r)}catch(a){return o(a)}let c=e.iat||Math.floor(Date.now()/1e3);if(t.noTimestamp?delete e.iat:s&&(e.iat=c),typeof t.notBefore<"u"){try{e.nbf=ci(t.notBefore,c)}catch(a){return o(a)}if(typeof e.nbf>"u")return o(new Error('"notBefore" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60'))}if(typeof t.expiresIn<"u"&&typeof e=="object"){try{e.exp=ci(t.expiresIn,c)}catch(a){return o(a)}if(typeof e.exp>"u")return o(new Error('"expiresIn" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60'))}Object.keys(li).forEach(function(a){let h=li[a];if(typeof t[a]<"u"){if(typeof e[h]<"u")return o(new Error('Bad "options.'+a+'" option. The payload already has an "'+h+'" property.'));e[h]=t[a]}});let l=t.encoding||"utf8";if(typeof n=="function")n=n&&_l(n),ui.createSign({header:i,privateKey:r,payload:e,encoding:l}).once("error",n).once("done",function(a){if(!t.allowInsecureKeySizes&&/^(?:RS|PS)/.test(i.alg)&&a.length<256)return n(new Error(`secretOrPrivateKey has a minimum key size of 2048 bits for ${i.alg}`));n(null,a)});else{let a=ui.sign({header:i,payload:e,secret:r,encoding:l});if(!t.allowInsecureKeySizes&&/^(?:RS|PS)/.test(i.alg)&&a.length<256)throw new Error(`secretOrPrivateKey has a minimum key size of 2048 bits for ${i.alg}`);return a}}});var Si=f((pp,yi)=>{yi.exports={decode:He(),verify:Cs(),sign:Ei(),JsonWebTokenError:Y(),NotBeforeError:ke(),TokenExpiredError:Xe()}});module.exports=Si();
