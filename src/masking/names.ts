// Given names and surnames common in the United States, of many origins, and the words that look like names and are
// not. Written from general knowledge; lower case, without accents.

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/));
}

export const givenNames: ReadonlySet<string> =
  words(`aaliyah aaron abdul abdullah abigail abraham ada adam adan addison adele adeline adriana adrian
adrienne agnes ahmad ahmed aidan aiden aileen aisha akira alan alana albert alberta alberto alejandra alejandro alex alexa alexander alexandra alexandria
alexis alfonso alfred alfredo ali alice alicia alisha alison allan allen allison alma alonzo alvaro alvin alyssa amanda amara amari amber amelia amina
amir amit amos amy ana anastasia andre andrea andreas andres andrew andy angel angela angelica angelina angelo angie anh anika anil anita anjali ann anna
annabelle anne annette annie anthony antoine antoinette antonia antonio anya april ariana arianna ariel arjun arlene armando arnold arthur arturo arun
asha ashley ashok audrey aurora ava ayesha barbara barry beatrice beatriz becky belinda ben benjamin bennett bernadette bernard bernice bertha beth
bethany betsy betty beulah beverly bianca billie billy blanca bob bobby bonnie boris brad bradley brandi brandon brandy brayden brenda brendan brent
brett brian briana brianna bridget brittany brittney brooke bruce bryan bryce caitlin caleb calvin camila camille candace candice carl carla carlos
carmen carol carole carolina caroline carolyn carrie carter casey cassandra cassie catalina catherine cathy cecelia cecil cecilia cedric celeste celia
cesar chad chandra charlene charles charlie charlotte chelsea chen cheryl chester chloe chris christa christian christie christina christine
christopher christy cindy claire clara clarence clark claude claudia clayton clifford clifton clinton clyde cody colin colleen connie connor conor
consuelo corey cory courtney craig cristian cristina crystal curtis cynthia daisy dale damian damon dana daniel daniela danielle danny daphne darius darlene
darnell darrell darren darryl daryl dave david dawn dean deanna debbie deborah debra dee deepak delia della delores demetrius denise dennis derek derrick
desiree destiny devin devon diana diane dianna dianne diego dimitri dina dmitri dolores dominic dominique don donald donna dora doreen doris dorothy
doug douglas duane dustin dwayne dwight dylan earl ebony eddie edgar edith edmund eduardo edward edwin eileen elaine eleanor elena eli elias elijah elisa
elizabeth ella ellen ellie elliot elmer elmo elsa elsie elvira emanuel emil emilia emilio emily emma emmanuel enrique eric erica erick erik erika erin erma
ernest ernesto esmeralda essie esteban estelle ester esther ethan ethel eugene eunice eva evan evelyn ezekiel farah fatima faye felicia felipe felix
fernando fiona florence floyd frances francesca francis francisco frank franklin fred freda freddie frederick gabriel gabriela gabrielle gail garrett
gary gavin gayle gene geneva genevieve geoffrey george georgia gerald geraldine gerard gilberto gina giovanni gladys glen glenda glenn gloria gordon
grace gracie greg gregory greta gretchen guadalupe guillermo gustavo guy gwen gwendolyn hailey hakim hamid hannah hans harold harriet harry harvey hassan
hattie hazel heather hector heidi helen henrietta henry herbert herman hilda hiroshi holly homer howard hubert hugh hugo humberto hung hussein ian ibrahim
ida ignacio igor ike ilene imani ines ingrid irene irma irving isaac isabel isabella isaiah ismael israel ivan jack jackie jackson jaclyn jacob
jacqueline jacquelyn jade jaime jake jamal james jamie jan jana jane janet janice janie janine jared jasmin jasmine jason javier jay jayden jean
jeanette jeanne jeff jeffery jeffrey jenna jennie jennifer jenny jeremiah jeremy jermaine jerome jerry jesse jessica jessie jesus jill jim jimmy jin
jing joan joann joanna joanne joaquin jodi jody joe joel joey johanna johannes john johnnie johnny jon jonah jonathan jordan jorge jose josefina joseph
josephine josh joshua josiah joy joyce juan juana juanita judith judy julia julian juliana julie juliet julio julius june justin justine kaitlyn kamal
karen kari karina karl karla katherine kathleen kathryn kathy katie katrina kay kayla keisha keith kelli kelly kelsey kelvin ken kendra kenji kenneth kenny
kerry kevin khadija khalid kim kimberly kirk krista kristen kristi kristie kristin kristina kristine kristy kurt kyle kylie lakshmi lamar lana lance
larry latasha latoya laura lauren laurence laurie lawrence layla lea leah lee leila leland lena leo leon leona leonard leonardo leroy leslie leticia lewis
lila lillian lillie lily linda lindsay lindsey ling lisa liza lloyd logan lois lola lonnie lora loretta lori lorena lorenzo lorraine louis louise lourdes lucas
lucia lucille lucy luis luisa luke lula luther luz lydia lyle lynda lynette lynn mabel mack mackenzie madeline madison mae maggie mahmoud malik mamie manuel
marc marcella marcia marco marcos marcus margaret margarita margie marguerite maria mariah mariam mariana marianne maribel marie marilyn mario marion
marisa marisol marissa marjorie markus marla marlene marlon marsha marta martha martin martina marvin mary maryam mason mateo matt matthew mattie maureen
maurice max maxine maya mayra megan mehmet mei melanie melinda melissa melody melvin mercedes meredith michael michaela michele michelle miguel mika mike
mila mildred milton min ming minnie miranda miriam misty mitchell mohamed mohammad mohammed moises molly mona monica monique morgan moses muhammad muriel
mustafa myra myrna myron myrtle nadia nadine nancy naomi natalia natalie natasha nathan nathaniel neil nellie nelson nia nicholas nick nicolas nicole nikhil
nikki nina noah noel noelle nora norma norman octavio olga olive oliver olivia ollie omar opal ora oscar otis owen pablo paige pam pamela paola patricia
patrick patsy patti patty paul paula paulette pauline pearl pedro peggy penelope penny percy perry pete peter peyton phil philip phillip phoebe phyllis
pierre priscilla priya rachael rachel rafael raj rajesh ralph ramon ramona randal randall randy raquel rashid raul ravi ray raymond rebecca regina reginald
rekha rene renee rex rhonda ricardo richard rick rickey ricky rita rob robert roberta roberto robin robyn rochelle roderick rodney rodolfo rodrigo roger
roland rolando roman ron ronald ronnie rosa rosalie rosario rosemarie rosemary rosie ross roxanne roy ruben ruby rudolph rudy rufus russell ruth ryan
sabrina sadie saeed sally salvador sam samantha samir samuel sandra sandy sanjay santiago sara sarah sasha saul savannah scott sean sebastian selena
selma serena sergei sergio seth shane shannon shari sharon shaun shauna shawn sheena sheila shelby shelia shelley shelly sheri sherman sherri sherry
sheryl shirley sidney sierra silvia simon simone sofia sonia sonja sonya sophia sophie spencer stacey stacy stan stanley stella stephanie stephen steve
steven stewart stuart sue summer sunil susan susana susie suzanne sven sylvia tabitha takeshi tamara tameka tami tammy tanisha tanya tara tasha taylor
ted tera teresa teri terrance terrell terrence terri terry thelma theodore theresa thomas tiffany tim timothy tina tobias toby todd tom tomas tommie tommy toni
tony tonya tracey traci tracie tracy travis trevor tricia trina trisha tristan troy trudy tyler tyrone umar valentina valerie vanessa velma vera verna
vernon veronica vicki vickie vicky victor victoria vijay vincent viola violet virgil virginia vivian vladimir wade wallace walter wanda warren wayne
wei wendell wendy wesley whitney wilbur wilfred willard william willie wilma winifred winston wyatt xavier xiao yesenia yolanda yosef youssef yuki
yusuf yvette yvonne zachary zahra zainab zara zoe zoey`);

/** Given names that are ordinary words too: they need a surname or an initial beside them. */
export const ambiguousGivenNames: ReadonlySet<string> =
  words(`april amber angel art aurora autumn basil bill brook brooke carol chase chance christian crystal
daisy dale dawn dean destiny don drew earl eve faith faye felix frank geneva georgia grace grant guy harmony hazel heather holly hope iris ivy jack jade
jan jasmine jay jean joy june kay kim lance lee lily logan mark mason max may melody mercedes mike min morgan norm olive opal pat patience pearl penny
ray rex rich robin rod roman rose ruby sage sandy savannah serena sierra sky sue summer taylor terry tim victor victoria viola violet virginia wade will
winston ava ida ora ali raj ana paris austin london israel jordan wade madison lincoln chelsea charlotte
abbey acacia ace aline amethyst angelic archer aria aspen atlas azalea barb baron beau bell belle beryl birdie bishop blaze blessing blossom bonny briar brooks buck bud buddy cadence calliope cam camellia
candy caprice carmine carver cedar chancellor chandler charisma charity chastity cherish cherry chuck clay clement clover colt cooper coral dahlia dash deacon dewey diamond dirk divine dolly drake dream duke dusty
earnest ed eddy ember emerald emery essence fanny fawn felicity fern fisher flint flora ford forest foster fox gage garland garnet gay ginger glory gray grey griffin gunner halo hank hardy haven heaven honesty honey
hunter indigo ivory jasper jersey jewel journey jubilee junior juniper justice kale karma king kit kitty lacy lane laurel legend liberty linden lotus love loyalty lucky magnolia majesty maple marina marvel maverick
meadow mercy merry messiah mickey miller miracle nikita noble nova pansy pepper phoenix pierce piper poppy porter precious prince princess prudence queen ransom raven reed reign rhea ridge rocky roman rowan royal royalty rusty saint sapphire sawyer scarlet scout sequoia serenity shepherd sonny star starling sunny
sunshine tanner temperance tiara treasure trinity tucker unique valentine velvet walker willow windy winter woody wren zen zephyr zinnia walt`);

export const surnames: ReadonlySet<string> =
  words(`vo vu ho ly lo ko ma gu hu fu du su ye bui dinh duong truong luong bae cho choi hwang jeon jung kwon seo shin yoo yoon abbott abdi abdullah acosta adams adkins aguilar aguirre ahmed ahn akhtar alexander ali allen allison alvarado
alvarez amin anand andersen anderson andrade andrews anderson apodaca armstrong arnold arroyo ashley atkins atkinson austin avila ayala bailey baker baldwin ball
ballard banks barber barker barnes barnett barr barrera barrett barron barry bartlett barton bass bates bauer beard beasley beck becker bell beltran bender
benitez benjamin bennett benson bentley berg berger bernard berry bhatt bhattacharya bishop black blackburn blackwell blair blake blanchard blevins bolton bond
bonilla booker boone booth bowen bowers bowman boyd boyer boyle bradford bradley bradshaw brady branch brandt bray brennan brewer bridges briggs brock brooks brown
browning bruce bryan bryant buchanan buck buckley bullock burch burgess burke burnett burns burton bush butler byrd cabrera cain calderon caldwell calhoun
callahan camacho cameron campbell campos cannon cantrell cantu cardenas carey carlson carney carpenter carr carrillo carroll carson carter case casey
castaneda castillo castro cervantes chambers chan chandler chang chapman charles chase chavez chen cheng cherry cho choi chowdhury christensen christian
chu chung church clark clarke clay clayton clements cline cobb cochran coffey cohen cole coleman collier collins colon combs compton conley conner conrad
contreras conway cook cooke cooley cooper copeland cordova correa cortes cortez costa cox craig crane crawford cross cruz cuevas cummings cunningham curry curtis
dalton daniel daniels dang daugherty davenport david davidson davies davila davis dawson day dean decker dejesus delacruz delaney deleon delgado dennis desai
diaz dickerson dickson dillon dixon do dodson doe dominguez donaldson donovan dorsey dougherty douglas downs doyle drake duarte dudley duffy duke duncan dunlap
dunn duran durham duong dyer eaton edwards elliott ellis ellison emerson england english erickson escobar esparza espinoza estes estrada evans everett ewing
farley farmer farrell faulkner ferguson fernandez ferrell fields figueroa finley fischer fisher fitzgerald fitzpatrick fleming fletcher flores flowers floyd
flynn foley forbes ford foreman foster fowler fox francis franco frank franklin franks frazier frederick freeman french frost fry frye fuentes fuller fulton
gaines gallagher gallegos galloway gamble garcia gardner garner garrett garrison garza gates gay gentry george gibbs gibson gilbert giles gill gillespie gilmore
glass glenn glover goldberg goldstein golden gomez gonzales gonzalez good goodman goodwin gordon gould graham grant graves gray green greene greer gregory
griffin griffith grimes gross guerra guerrero gupta gutierrez guzman hahn hale hall hamilton hammond hampton han hancock haney hansen hanson hardin harding
hardy harmon harper harrell harrington harris harrison hart hartman harvey hassan hatfield hawkins hayden hayes haynes heath hebert henderson hendricks
hendrix henry hensley henson herman hernandez herrera herring hess hester hickman hicks higgins hill hines hinton ho hobbs hodge hodges hoffman hogan holcomb
holden holder holland holloway holmes holt hong hood hooper hoover hopkins hopper horn horne horton hossain house houston howard howe howell huang hubbard
huber hudson huerta huff huffman hughes hull humphrey hunt hunter hurley hurst hussain hutchinson huynh hwang ibarra ibrahim ingram irwin islam ito iyer
jackson jacobs jacobson jain james jarvis jefferson jenkins jennings jensen jimenez johns johnson johnston jones jordan joseph joshi joyce juarez kaiser
kane kang kaplan kapoor kaufman kaur keith keller kelley kelly kemp kennedy kent kerr key khan kidd kim king kirby kirk klein kline knapp knight knox koch kowalski
kramer krause krishnan kumar lam lamb lambert landry lane lang langley lara larsen larson lawrence lawson le leach leblanc lee leon leonard lester levine levy
lewis li lim lin lindsey little liu livingston lloyd logan long lopez lott love lowe lowery lozano lu lucas lucero luna lynch lynn lyons macdonald macias mack
madden maddox mahoney maldonado malone mann manning marks marquez marsh marshall martin martinez mason massey mathews mathis matthews maxwell may mayer maynard
mayo mays mcbride mccall mccarthy mccarty mcclain mcclure mcconnell mccormick mccoy mccullough mcdaniel mcdonald mcdowell mcfarland mcgee mcguire
mcintosh mcintyre mckay mckee mckenzie mckinney mcknight mclaughlin mclean mcleod mcmahon mcmillan mcneil mcpherson meadows medina mehta mejia melendez melton
mendez mendoza mercado mercer merritt meyer meyers meza michael middleton miles miller mills miranda mitchell mohamed molina monroe montgomery montoya moody
moon mooney moore mora morales moran moreno morgan morris morrison morrow morse morton moses mosley moss mueller mukherjee mullen mullins munoz murillo murphy
murray myers nair nakamura nash navarro neal nelson newman newton ng ngo nguyen nichols nicholson nielsen nixon noble nolan norman norris norton novak nowak nunez
obrien o'brien o'connor o'neal o'neill o'reilly ochoa oconnor odom odonnell okafor okeke okonkwo oliver olsen olson oneal oneill orozco orr ortega ortiz osborn
osborne owen owens pace pacheco padilla page palmer park parker parks parrish parsons patel patrick patterson patton paul payne pearson peck pena pennington
perez perkins perry peters petersen peterson petty pham phan phelps phillips pierce pineda pittman pitts pope porter potter potts powell powers pratt preston price
prince proctor pruitt pugh quinn quintero ramirez ramos ramsey randall randolph rangel rao rasmussen ray raymond reddy reed reese reeves reid reilly reyes
reynolds rhodes rice rich richard richards richardson richmond riddle riggs riley rios ritter rivas rivera rivers roach robbins roberson roberts robertson
robinson robles rocha rodgers rodriguez rogers rojas rollins roman romero rosales rosario rose rosen rosenberg ross roth rowe rowland roy rubio ruiz rush
russell russo ryan saeed salas salazar salgado salinas sampson sanchez sanders sandoval sanford santana santiago santos sato saunders savage sawyer schaefer
schmidt schmitt schneider schroeder schultz schwartz scott sellers serrano sexton shaffer shah shannon sharma sharp shaw shea shelton shepard shepherd sheppard
sherman shields short silva simmons simon simpson sims sinclair singh singleton skinner sloan small smith snow snyder solis solomon soto sparks spears spence
spencer stafford stanley stanton stark steele stein stephens stephenson stevens stevenson stewart stokes stone stout strickland strong stuart suarez sullivan summers
sutton suzuki swanson sweeney sweet tanaka tang tapia tate taylor terrell terry thomas thompson thornton tran travis trevino trujillo tucker turner tyler
underwood valdez valencia valentine valenzuela vance vang vargas vasquez vaughan vaughn vazquez vega velasquez velazquez velez villa villanueva villarreal
villegas vincent wade wagner walker wall wallace waller walls walsh walter walters walton wang ward ware warner warren washington waters watkins watson watts weaver
webb weber webster weeks weiss welch wells werner west wheeler whitaker white whitehead whitfield whitney wiggins wilcox wiley wilkerson wilkins wilkinson williams
williamson willis wilson winters wise wolf wolfe wong wood woodard woods woodward wooten wright wu wyatt xiong xu yang yates yildirim yoder york young yu zamora zhang
zhao zheng zhou zimmerman zuniga`);

/** Capitalised words that stand beside or instead of names in clinical text and are none. */
export const notNames: ReadonlySet<string> =
  words(`a about acute address admission admitted advil african after age aids alcohol all allergies allergy also although am american
an and antibiotic any appointment are as asian assessment associated at attending auscultation back based be because been before best between bilateral birth black blood bmi board body bp
but by c-reactive call can cancer cardiac cardiology care caucasian cbc celebrex center chad chads chads2 charlson chart chest chief child chronic class clear clinic clinical code
comparative compare comparison complaint condition conditions consider consult contact contraindications coronary could count covid current currently daily data date day days dear demerol denies dental
department describe description details device diabetes diagnosed diagnosis did disease discharge discuss disorder do doctor does dose dosing drug due during each effect effective effectiveness effects
elevated email emergency encounter evaluate evaluation exam examination explain factor family father fax female fever find findings first follow following follow-up for from gender general given
glucose grade guidance guideline guidelines had has have he head health heart hello hemoglobin hepatitis her hi hispanic his history home hospital how however human hypertension i id if ii iii immediate in
incl inc indication influenza information inpatient instructions insurance is it iv issue january february march april may june july august september october november december kidney labs laboratory last latest left lipitor list
liver long lung lungs male management manage mass medical medicare medicaid medication medications medicine member mental method mg mid miss monday tuesday wednesday thursday friday saturday sunday mother motrin my name native need negative neuro new next
no non none normal not note notes nurse nursing nyha of office old on once one only optimal options or order other our outpatient oxygen pain part past patient patients pediatric per pfizer phone physical physician plan please pls positive
possible post potential prescription present prevention primary prior problem procedure program progress prognosis protocol protocols provider pt pulmonary quality question questions race recent recommend recommendations recommended record records
reason referral refer regarding regimen related report reports request research respiratory result results return review right risk risks room same schedule screening secondary see seen serum service severe she should sign signs since site skin social some spoke stage
standard state states status still strategies study such suggest suggested summary surgery surgical symptoms syndrome table temperature test tests thank thanks that the their them then therapy there these they this those time to today total treat treating treatment treatments trial tylenol type unit united
update updated updates urgent urine use using vaccine vital vitals vitamin was we weight were what when where which while white who why will with within without woman work would yes you your zip male's female's tx hx dx rx mri ct ekg ecg
approach approaches appropriate benefits efficacy evidence evidence-based initial impact interpretation long-term safety side therapeutic adjusting monitoring considerations common key top advice advise eval mgmt mr mrs ms dr prof ref re fw st mt
aspirin ibuprofen warfarin metformin lisinopril insulin heparin atorvastatin simvastatin amlodipine metoprolol losartan prednisone tamoxifen amiodarone gabapentin aureus difficile pylori aeruginosa pneumoniae coli albicans ashkenazi sephardi jewish inuit latino latina hispanic ia ib iia iib iic iiia iiib iiic iva ivb ivc kwikpen flexpen solostar respimat diskus turbuhaler ellipta
ordonnance compte rendu prendre prescription antécédents antecedents motif examen conclusion traitement hospitalisation sortie bilan résultats resultats douleur observations allergies clinique titre texte
receta informe motivo antecedentes diagnóstico diagnostico tratamiento tomar exploración exploracion evolución evolucion juicio recomendaciones
befund befunde verordnung rezept anamnese diagnose diagnosen entlassung aufnahme einnehmen beurteilung verlauf medikation empfehlung
ricetta referto esame diagnosi dimissione prendere anamnesi receita exame tratamento laudo recept onderzoek behandeling volta`);

/** Words that make the name before them an eponym: a disease, a device, a score. */
export const eponymNouns: RegExp =
  /^(?:'?s)?[ -](?:(?:and|-) ?[A-Z][a-z]+(?:'s)? )?(?:disease|cris[ei]s|syndromes?|sign|scores?|scale|criteria|catheters?|test|lymphoma|sarcoma|tumou?r|murmur|reflex|fracture|palsy|paralysis|index|classification|procedure|operation|phenomenon|contracture|thyroiditis|anemia|an[ae]mia|chorea|dystrophy|ataxia|esophagus|disorder|law|triad|line|angle|stain|body|bodies|syndromic|encephalopathy|tube|drains?|clamp|forceps|position|maneuver|manoeuvre|method|grade|grading|stage|staging|rule|heart study|trial|study|protocol|regimen|equation|formula|nomogram|risk|node|nodes|granulomatosis|macroglobulinemia|arteritis|cell|cells|ring|ulcer|hernia|duct|gland|diverticulum|chromosome|rods|levels?|scissors|straps|treadmill|naming|bowel|retractor|blade|lamp|needle|trocar|wires?|graft|flap|repair|shunt|valve|lesion|spot|plaque|agar|protein|antigen|antibody|factor|technique|approach|incision|dissector|pickups|splint|brace|nail|balance|inventory|questionnaire|checklist|assessment|consensus|definition|guidelines?|deformity|fistula|cyst|nodules?|workup|casts?|purpura|aphasia|gait|breathing|respirations?|granules?|abscess|osteotomy|arthroplasty|anastomosis|pouch|serology|virus|fever|plaques|table|viper|features|habitus|mutation|carrier|deletion|panel|gene|allele|variant|variants|effects?|doctrine|maneuvers?|incisions?|points?|spaces?|window|triangle|foramen|canal|ligament|membrane|layer|fluid|solution|sulcus|groove|tubercle|fossa|muscle|nerve|plexus|ganglion|reaction|reflexes|splints?|dressing|hugger|robot|port|ports|pump|monitor|mask|cannula|bag|stent|staging|diet|stem|prosthesis|bands?|screening|model|heart failure|cohort|registry|calculator|group|tick|vs\.?|versus|scoring|lines|nodes|tumors|signs|tests|catheters|syndromes|diseases|fractures)\b/i;

/** A class or degree behind an eponym: "Child II", "Ann Arbor IIA"; "Henry IV." and "Park V" may be somebody's. */
export const eponymClass: RegExp =
  /^ (?:(?:[IVX]{1,4}[A-Ca-c]|I{1,3}|IV|I[sp])\b(?!\.)|[A-Z]?\d{1,2}[.,;]|[A-Z]\d[A-Z])/;
